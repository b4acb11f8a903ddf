using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>One setting of a topic.</summary>
public sealed class V3GetConfig(HttpEdge edge, ITopicCatalog topics)
{
    [Function("V3GetConfig")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "v3/clusters/{cluster}/topics/{topic}/configs/{name}")]
        HttpRequest request, string cluster, string topic, string name) =>
        edge.ServeAsync(request, Operation.V3Read, Need.Topic(topic, AclOperation.DescribeConfigs), async call =>
        {
            var links = Links.Of(call, cluster);
            var found = await topics.TopicAsync(topic, call.CancellationToken);
            var setting = TopicRequest.Setting(found, name);
            return call.Json(json => TopicWriter.Config(json, links, found.Name, setting));
        });
}
