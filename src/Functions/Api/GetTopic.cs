using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Topics;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>A topic: its settings in force and its partitions.</summary>
public sealed class GetTopic(HttpEdge edge, ITopicCatalog topics)
{
    [Function("GetTopic")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "topics/{topic}")]
        HttpRequest request, string topic) =>
        edge.ServeAsync(request, Operation.V2Read, async call =>
        {
            var found = await topics.TopicAsync(topic, call.CancellationToken);
            return call.Json(json => TopicsWriter.Topic(json, found));
        });
}
