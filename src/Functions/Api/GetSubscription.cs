using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Groups;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>The topics that an instance is subscribed to.</summary>
public sealed class GetSubscription(HttpEdge edge, IConsumerGroups groups)
{
    [Function("GetSubscription")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "consumers/{group}/instances/{instance}/subscription")]
        HttpRequest request, string group, string instance) =>
        edge.ServeAsync(request, Operation.V2Read, async call =>
        {
            var subscribed = (await groups.SubscriptionAsync(RequestNames.Group(group), RequestNames.Instance(instance), call.CancellationToken)).OrThrow();
            return call.Json(json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("topics"u8);
                foreach (var topic in subscribed)
                {
                    json.WriteStringValue(topic);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            });
        });
}
