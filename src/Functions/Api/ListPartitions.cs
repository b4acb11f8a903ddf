using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>The partitions of a topic.</summary>
public sealed class ListPartitions(HttpEdge edge, ITopicCatalog topics)
{
    [Function("ListPartitions")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "topics/{topic}/partitions")]
        HttpRequest request, string topic) =>
        edge.ServeAsync(request, Operation.V2Read, Need.Topic(topic, AclOperation.Describe), async call =>
        {
            var found = await topics.TopicAsync(topic, call.CancellationToken);
            return call.Json(json => TopicsWriter.Partitions(json, found));
        });
}
