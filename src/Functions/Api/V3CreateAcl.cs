using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Adds an ACL; one that is there already is fine.</summary>
public sealed class V3CreateAcl(HttpEdge edge, AclAdmin admin)
{
    [Function("V3CreateAcl")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v3/clusters/{cluster}/acls")]
        HttpRequest request, string cluster) =>
        edge.ServeAsync(request, Operation.V3Write, Need.Cluster(AclOperation.Alter), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var acl = AclRequest.Parse(body);
            var links = Links.Of(call, cluster);
            await admin.AddAsync(call, [acl]);
            return call.Json(json => AclWriter.Acl(json, links, acl), StatusCodes.Status201Created)
                .With("Location", AclWriter.Self(links, acl));
        });
}
