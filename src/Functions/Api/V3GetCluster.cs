using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>The cluster.</summary>
public sealed class V3GetCluster(HttpEdge edge)
{
    [Function("V3GetCluster")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/clusters/{cluster}")]
        HttpRequest request, string cluster) =>
        edge.ServeAsync(request, Operation.V3Read, Need.Authenticated, call =>
        {
            var links = Links.Of(call, cluster);
            return ValueTask.FromResult(call.Json(json => ClusterWriter.Cluster(json, links)));
        });
}
