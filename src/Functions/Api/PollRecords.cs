using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Groups;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Consumers;

namespace Serverless.Functions.Api;

/// <summary>The next records of an instance.</summary>
public sealed class PollRecords(HttpEdge edge, IConsumerGroups groups)
{
    [Function("PollRecords")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "consumers/{group}/instances/{instance}/records")]
        HttpRequest request, string group, string instance) =>
        edge.ServeAsync(request, Polling.Operation, Need.Group(group, AclOperation.Read), async call =>
        {
            var poll = Polling.Of(call);
            var (name, member) = (RequestNames.Group(group), RequestNames.Instance(instance));
            try
            {
                return await ReplyAsync(call, poll, name, member, fresh: false);
            }
            catch (RequestException refused) when (refused.Problem == Problem.FormatMismatch)
            {
                // By what is remembered, which may be a former instance of this name. Nothing has moved.
                return await ReplyAsync(call, poll, name, member, fresh: true);
            }
        });

    private static Predicate<string> Readable(Caller caller) => topic => caller.May(AclResourceType.Topic, topic, AclOperation.Read);

    private async Task<Reply> ReplyAsync(Call call, Polling poll, string group, string instance, bool fresh)
    {
        var settings = await groups.FindInstanceAsync(group, instance, fresh, call.CancellationToken)
            ?? throw new RequestException(Problem.ConsumerNotFound);
        var type = call.Accept.Records(settings.Format);
        if (call.IsHead)
        {
            // A poll moves positions, and nobody would see what it delivered.
            return new Reply { ContentType = type };
        }

        var request = poll.Request(settings.Format, Readable(call.Caller));
        var answer = (await groups.PollAsync(group, instance, request, call.CancellationToken)).OrThrow();
        return RecordsWriter.Reply(type, answer.Slices, settings.Format, answer.More);
    }
}
