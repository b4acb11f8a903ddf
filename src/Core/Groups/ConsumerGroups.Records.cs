using Serverless.Core.Telemetry;

namespace Serverless.Core.Groups;

/// <content>Polls and heartbeats.</content>
public sealed partial class ConsumerGroups
{
    public async ValueTask<PollAnswer> PollAsync(
        string group, string instance, PollRequest request, CancellationToken cancellationToken)
    {
        // Polls among themselves only: a heartbeat, a commit or a departure does not wait for a long poll to end. As long as
        // one of them may take, and no longer: a third would wait for two.
        var turn = await _gates.TryEnterAsync(
            $"{GateOf(group, instance)}|poll", _options.PollWaitMax, _rows.Clock, cancellationToken);
        if (turn is not { } entered)
        {
            return new(ErrorCode.InvalidRequest, [], false, "Other polls of this consumer instance are under way.");
        }

        using var one = entered;
        using var polling = MessagingOperation.Start(MessagingKind.Poll, _metrics, _rows.Clock, topic: null, group);
        var answer = await new PollOperation(_rows, _logs, _marks, Request<PollAnswer>(group, instance), instance, request)
            .RunAsync(cancellationToken);
        if (polling is not null || _metrics.TakesConsumed)
        {
            var records = Count(group, answer.Slices);
            polling?.Deliver(answer.Slices, records);
            polling?.End(answer.Error);
        }

        return answer;
    }

    private int Count(string group, IReadOnlyList<PolledSlice> slices)
    {
        var all = 0;
        foreach (var slice in slices)
        {
            var records = slice.CountRecords();
            _metrics.Consumed(MessagingKind.Poll, slice.At.Topic, group, records);
            all += records;
        }

        return all;
    }

    public async ValueTask<GroupAnswer<HeartbeatAnswer>> HeartbeatAsync(
        string group, string instance, CancellationToken cancellationToken)
    {
        using var one = await EnterAsync(group, instance, cancellationToken);
        return await DecideAsync<HeartbeatAnswer>(
            group, instance, joins: true,
            ready =>
            {
                var renewed = ready.Consumer.Renew(ready.Now, ready.Draft.Group.Epoch);
                return new(new GroupAnswer<HeartbeatAnswer>(new HeartbeatAnswer(
                    ready.Draft.Group.Epoch,
                    Has(ready.Draft, ready.Consumer),
                    renewed.IsMember && renewed.Lease < renewed.Expires ? renewed.Lease : renewed.Expires)));
            },
            cancellationToken);
    }
}
