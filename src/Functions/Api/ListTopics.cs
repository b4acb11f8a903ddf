using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Topics;
using Serverless.Functions.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>The names of all topics that the caller may describe, sorted.</summary>
public sealed class ListTopics(HttpEdge edge, ITopicCatalog topics)
{
    [Function("ListTopics")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "topics")]
        HttpRequest request) =>
        edge.ServeAsync(request, Operation.V2Read, Need.Authenticated, async call =>
        {
            var all = (await topics.ListAsync(call.CancellationToken))
                .Where(topic => !topic.IsInternal && call.Caller.MaySeeTopic(topic.Name)).OrderBy(topic => topic.Name, StringComparer.Ordinal);
            return call.Json(json =>
            {
                json.WriteStartArray();
                foreach (var topic in all)
                {
                    json.WriteStringValue(topic.Name);
                }

                json.WriteEndArray();
            });
        });
}
