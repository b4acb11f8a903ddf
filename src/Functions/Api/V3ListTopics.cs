using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>All topics that the caller may describe.</summary>
public sealed class V3ListTopics(HttpEdge edge, ITopicCatalog topics)
{
    [Function("V3ListTopics")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/clusters/{cluster}/topics")]
        HttpRequest request, string cluster) =>
        edge.ServeAsync(request, Operation.V3Read with { QueryNames = ["include_authorized_operations"] }, Need.Authenticated, async call =>
        {
            var links = Links.Of(call, cluster);
            var all = (await topics.ListAsync(call.CancellationToken))
                .Where(topic => !topic.IsInternal && call.Caller.MaySeeTopic(topic.Name)).OrderBy(topic => topic.Name, StringComparer.Ordinal);
            return call.Json(json => V3Writer.List(
                json, "KafkaTopicList", links.Topics, all, (item, topic) => TopicWriter.Topic(item, links, topic)));
        });
}
