using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Removes the ACLs that a filter means, and tells which they were.</summary>
public sealed class V3DeleteAcls(HttpEdge edge, AclAdmin admin)
{
    [Function("V3DeleteAcls")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "v3/clusters/{cluster}/acls")]
        HttpRequest request, string cluster) =>
        edge.ServeAsync(
            request, Operation.V3Read with { QueryNames = AclRequest.QueryNames }, Need.Cluster(AclOperation.Alter), async call =>
        {
            var links = Links.Of(call, cluster);
            if (call.Query.Text(AclFields.ResourceType) is null)
            {
                // A filter that was forgotten must not be taken for one that means all.
                throw Query.Bad($"{AclFields.ResourceType} is missing; {AclFields.Any} means all.");
            }

            var removed = await admin.RemoveAsync(call, AclRequest.Filter(call.Query));
            return call.Json(json => AclWriter.List(json, links, removed));
        });
}
