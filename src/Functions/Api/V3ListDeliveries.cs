using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Delivery;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>All deliveries, and how they go.</summary>
public sealed class V3ListDeliveries(HttpEdge edge, Deliveries deliveries, DeliveryStates states, IConsumerGroups groups)
{
    private const int ReadsAtOnce = 8;

    [Function("V3ListDeliveries")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/clusters/{cluster}/deliveries")]
        HttpRequest request, string cluster) =>
        edge.ServeAsync(
            request, Operation.V3Read with { QueryNames = [PageRequest.Size, PageRequest.Token] }, Need.Authenticated, async call =>
        {
            var links = Links.Of(call, cluster);
            var asked = PageRequest.Of(call.Query);
            var all = (await deliveries.ListAsync(call.CancellationToken))
                .OrderBy(delivery => delivery.Group, StringComparer.Ordinal)
                .Where(delivery => asked.After is null || string.CompareOrdinal(delivery.Group, asked.After) > 0)
                .Where(delivery => call.Caller.MaySeeGroup(delivery.Group)).ToList();
            var views = new List<DeliveryView>();
            foreach (var some in all.Take(asked.ItemsMax).Chunk(ReadsAtOnce))
            {
                views.AddRange(await Task.WhenAll(some.Select(
                    delivery => DeliveryView.OfAsync(delivery, states, groups, call.CancellationToken).AsTask())));
            }

            var next = views.Count < all.Count ? links.DeliveriesAfter(views[^1].Delivery.Group, asked.ItemsMax) : null;
            return call.Json(json => V3Writer.List(
                json, "KafkaDeliveryList", links.Deliveries, views,
                (item, view) => DeliveryWriter.Write(item, links, view, call.Caller), next));
        });
}
