using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Adds several ACLs; when it fails some may be there.</summary>
public sealed class V3CreateAcls(HttpEdge edge, AclAdmin admin)
{
    [Function("V3CreateAcls")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v3/clusters/{cluster}/acls:batch")]
        HttpRequest request, string cluster) =>
        edge.ServeAsync(request, Operation.V3Write, Need.Cluster(AclOperation.Alter), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var acls = AclRequest.ParseBatch(body);
            var links = Links.Of(call, cluster);
            await admin.AddAsync(call, acls);
            return call.Json(json => AclWriter.List(json, links, acls.Distinct()), StatusCodes.Status201Created);
        });
}
