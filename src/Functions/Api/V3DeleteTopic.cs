using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Deletes a topic with its records.</summary>
public sealed class V3DeleteTopic(HttpEdge edge, ITopicCatalog topics)
{
    [Function("V3DeleteTopic")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "v3/clusters/{cluster}/topics/{topic}")]
        HttpRequest request, string cluster, string topic) =>
        edge.ServeAsync(request, Operation.V3Read, Need.Topic(topic, AclOperation.Delete), async call =>
        {
            Links.Of(call, cluster);
            var found = await topics.TopicAsync(topic, call.CancellationToken);
            (await topics.DeleteAsync(found.Name, call.CancellationToken)).OrThrow();
            call.Audit.TopicDeleted(found.Name);
            return Reply.NoContent;
        });
}
