using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>The topics that an instance is subscribed to.</summary>
public sealed class GetSubscription(HttpEdge edge, IConsumerGroups groups)
{
    [Function("GetSubscription")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "consumers/{group}/instances/{instance}/subscription")]
        HttpRequest request, string group, string instance) =>
        edge.ServeAsync(request, Operation.V2Read, Need.Group(group, AclOperation.Read), async call =>
        {
            var subscribed = (await groups.SubscriptionAsync(RequestNames.Group(group), RequestNames.Instance(instance), call.CancellationToken)).OrThrow();
            return call.Json(json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("topics"u8);
                foreach (var topic in subscribed.Where(call.Caller.MaySeeTopic))
                {
                    json.WriteStringValue(topic);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            });
        });
}
