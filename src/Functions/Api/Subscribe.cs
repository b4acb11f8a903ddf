using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Consumers;

namespace Serverless.Functions.Api;

/// <summary>Subscribes an instance to topics or to a pattern, and joins the group.</summary>
public sealed class Subscribe(HttpEdge edge, IConsumerGroups groups)
{
    [Function("Subscribe")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "consumers/{group}/instances/{instance}/subscription")]
        HttpRequest request, string group, string instance) =>
        edge.ServeAsync(request, Operation.V2Write, Need.Group(group, AclOperation.Read), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var subscription = SubscriptionRequest.Parse(body, call.Limits.ListEntriesMax);
            call.Demand(Need.Topics(subscription.Topics ?? [], AclOperation.Read));
            (await groups.SubscribeAsync(RequestNames.Group(group), RequestNames.Instance(instance), subscription, call.CancellationToken)).OrThrow();
            return Reply.NoContent;
        });
}
