using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>The settings of a topic, as they are in force.</summary>
public sealed class V3ListConfigs(HttpEdge edge, ITopicCatalog topics)
{
    [Function("V3ListConfigs")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/clusters/{cluster}/topics/{topic}/configs")]
        HttpRequest request, string cluster, string topic) =>
        edge.ServeAsync(request, Operation.V3Read, Need.Topic(topic, AclOperation.DescribeConfigs), async call =>
        {
            var links = Links.Of(call, cluster);
            var found = await topics.TopicAsync(topic, call.CancellationToken);
            return call.Json(json => V3Writer.List(
                json, "KafkaTopicConfigList", $"{links.Topic(found.Name)}/configs", found.Settings.Effective,
                (item, setting) => TopicWriter.Config(item, links, found.Name, setting)));
        });
}
