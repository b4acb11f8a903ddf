using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>A topic.</summary>
public sealed class V3GetTopic(HttpEdge edge, ITopicCatalog topics)
{
    [Function("V3GetTopic")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/clusters/{cluster}/topics/{topic}")]
        HttpRequest request, string cluster, string topic) =>
        edge.ServeAsync(
            request, Operation.V3Read with { QueryNames = ["include_authorized_operations"] },
            Need.Topic(topic, AclOperation.Describe), async call =>
        {
            var links = Links.Of(call, cluster);
            var found = await topics.TopicAsync(topic, call.CancellationToken);
            return call.Json(json => TopicWriter.Topic(json, links, found));
        });
}
