using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>A topic: its settings in force and its partitions.</summary>
public sealed class GetTopic(HttpEdge edge, ITopicCatalog topics)
{
    [Function("GetTopic")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "topics/{topic}")]
        HttpRequest request, string topic) =>
        edge.ServeAsync(request, Operation.V2Read, Need.Topic(topic, AclOperation.Describe), async call =>
        {
            var found = await topics.TopicAsync(topic, call.CancellationToken);
            var withConfigs = call.Caller.May(AclResourceType.Topic, topic, AclOperation.DescribeConfigs);
            return call.Json(json => TopicsWriter.Topic(json, found, withConfigs));
        });
}
