using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Overrides one setting of a topic.</summary>
public sealed class V3SetConfig(HttpEdge edge, ITopicCatalog topics)
{
    [Function("V3SetConfig")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "v3/clusters/{cluster}/topics/{topic}/configs/{name}")]
        HttpRequest request, string cluster, string topic, string name) =>
        edge.ServeAsync(request, Operation.V3Write, Need.Topic(topic, AclOperation.AlterConfigs), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var value = TopicRequest.ParseConfigValue(body);
            Links.Of(call, cluster);
            var found = await topics.TopicAsync(topic, call.CancellationToken);
            var changes = new Dictionary<string, string?> { [TopicRequest.Setting(found, name).Name] = value };
            (await topics.AlterSettingsAsync(found.Name, changes, validateOnly: false, call.CancellationToken)).OrThrow();
            call.Audit.ConfigsAltered(found.Name, changes.Keys);
            return Reply.NoContent;
        });
}
