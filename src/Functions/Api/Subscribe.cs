using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Groups;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Consumers;

namespace Serverless.Functions.Api;

/// <summary>Subscribes an instance to topics or to a pattern, and joins the group.</summary>
public sealed class Subscribe(HttpEdge edge, IConsumerGroups groups)
{
    [Function("Subscribe")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "consumers/{group}/instances/{instance}/subscription")]
        HttpRequest request, string group, string instance) =>
        edge.ServeAsync(request, Operation.V2Write, async call =>
        {
            using var body = await call.ReadBodyAsync();
            var subscription = SubscriptionRequest.Parse(body, call.Limits.ListEntriesMax);
            (await groups.SubscribeAsync(RequestNames.Group(group), RequestNames.Instance(instance), subscription, call.CancellationToken)).OrThrow();
            return Reply.NoContent;
        });
}
