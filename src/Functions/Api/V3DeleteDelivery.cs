using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Delivery;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Delivery;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Ends a group's delivery; the group and its offsets stay.</summary>
public sealed class V3DeleteDelivery(HttpEdge edge, DeliveryAdmin admin)
{
    [Function("V3DeleteDelivery")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "v3/clusters/{cluster}/consumer-groups/{group}/delivery")]
        HttpRequest request, string cluster, string group) =>
        edge.ServeAsync(request, Operation.V3Read, Need.Group(group, AclOperation.Alter), async call =>
        {
            Links.Of(call, cluster);
            var name = RequestNames.Group(group);
            if (!await admin.DeleteAsync(name, call.CancellationToken))
            {
                throw new RequestException(DeliveryWriter.NotFound);
            }

            call.Audit.DeliveryDeleted(name);
            return Reply.NoContent;
        });
}
