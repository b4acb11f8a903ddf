using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Takes one setting of a topic back to its default.</summary>
public sealed class V3ResetConfig(HttpEdge edge, ITopicCatalog topics)
{
    [Function("V3ResetConfig")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "v3/clusters/{cluster}/topics/{topic}/configs/{name}")]
        HttpRequest request, string cluster, string topic, string name) =>
        edge.ServeAsync(request, Operation.V3Read, Need.Topic(topic, AclOperation.AlterConfigs), async call =>
        {
            Links.Of(call, cluster);
            var found = await topics.TopicAsync(topic, call.CancellationToken);
            var changes = new Dictionary<string, string?> { [TopicRequest.Setting(found, name).Name] = null };
            (await topics.AlterSettingsAsync(found.Name, changes, validateOnly: false, call.CancellationToken)).OrThrow();
            call.Audit.ConfigsAltered(found.Name, changes.Keys);
            return Reply.NoContent;
        });
}
