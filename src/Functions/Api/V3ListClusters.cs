using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>The clusters: this one.</summary>
public sealed class V3ListClusters(HttpEdge edge)
{
    [Function("V3ListClusters")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/clusters")]
        HttpRequest request) =>
        edge.ServeAsync(request, Operation.V3Read, Need.Authenticated, call =>
        {
            var links = Links.Of(call);
            return ValueTask.FromResult(call.Json(json => V3Writer.List(json, "KafkaClusterList", links.Clusters, [links], ClusterWriter.Cluster)));
        });
}
