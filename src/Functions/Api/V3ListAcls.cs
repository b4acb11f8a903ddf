using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>The ACLs that a filter means; all without one.</summary>
public sealed class V3ListAcls(HttpEdge edge, Acls acls)
{
    [Function("V3ListAcls")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/clusters/{cluster}/acls")]
        HttpRequest request, string cluster) =>
        edge.ServeAsync(
            request, Operation.V3Read with { QueryNames = AclRequest.QueryNames }, Need.Cluster(AclOperation.Describe), async call =>
        {
            var links = Links.Of(call, cluster);
            var filter = AclRequest.Filter(call.Query);
            var found = await acls.ListAsync(call.CancellationToken);
            return call.Json(json => AclWriter.List(json, links, found.Where(filter.Has)));
        });
}
