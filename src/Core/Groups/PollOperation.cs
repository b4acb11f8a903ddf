using Serverless.Core.Groups.Rows;
using Serverless.Core.Log;

namespace Serverless.Core.Groups;

/// <summary>One poll: read first, then move the positions in one transaction, and only then answer.</summary>
/// <remarks>
/// Upholds <b>no record twice, none left out</b>: records are delivered only when the rows they were chosen on are replaced
/// under their ETags. Whoever loses that race chooses again from where the winner left the rows.
/// </remarks>
internal sealed class PollOperation(
    GroupRows rows, IPartitionLogs logs, PartitionMarks marks, InstanceRequest<PollAnswer> instance, string name,
    PollRequest poll)
{
    // Task.Delay counts whole milliseconds: less than one it does not wait for at all, and the poll would go round and round.
    private static readonly TimeSpan WaitMin = TimeSpan.FromMilliseconds(1);

    private readonly long _startedAt = rows.Clock.GetTimestamp();

    // Stretches found to hold nothing to show, by where they begin: not read again while this poll waits.
    private readonly Dictionary<(TopicPartition At, long From), long> _behind = [];
    private long? _renewedAt;

    public async ValueTask<PollAnswer> RunAsync(CancellationToken cancellationToken)
    {
        var fresh = false;
        while (true)
        {
            var ready = await instance.ReadyAsync(
                ReleaseMode.Everything, renew: false, fresh, change: null, cancellationToken);
            if (ready.Finished || ready.Error != ErrorCode.None)
            {
                return ready.Answer ?? Failed(ready.Error, ready.Message);
            }

            if (Refused(ready.Consumer) is { } refused)
            {
                if (ready.Fresh)
                {
                    return refused;
                }

                fresh = true;
                continue;
            }

            try
            {
                fresh = false;
                if (await TryOnceAsync(ready, cancellationToken) is { } answer)
                {
                    return answer;
                }
            }
            catch (StaleStateException)
            {
                fresh = true;
            }
        }
    }

    private PollAnswer? Refused(ConsumerRow consumer) =>
        poll.Format is { } format && format != consumer.Settings.Format
            ? Failed(ErrorCode.UnsupportedForMessageFormat, "The consumer instance of this name has another format.")
        : consumer is { Subscription: null, Manual.IsEmpty: true }
            ? Failed(ErrorCode.InvalidRequest, "The consumer instance has neither a subscription nor an assignment.")
        : poll.Readable is { } readable && !Named(consumer).All(topic => readable(topic))
            ? Failed(ErrorCode.TopicAuthorizationFailed, null)
        : null;

    private static IEnumerable<string> Named(ConsumerRow consumer) =>
        (consumer.Subscription?.Topics ?? []).Concat(consumer.Manual.Select(manual => manual.At.Topic).Distinct());

    // Null: rows have changed, or it waited; look again.
    private async ValueTask<PollAnswer?> TryOnceAsync(Ready<PollAnswer> ready, CancellationToken cancellationToken)
    {
        var settings = ready.Consumer.Settings;
        var read = new PollReads(marks, rows.Options, _behind, Limits(settings)) { Readable = poll.Readable };
        var failure = await read.ReadAsync(ready, cancellationToken);
        var selection = read.Selection;
        if (selection.Refused is { } refused)
        {
            failure = new(ErrorCode.InvalidRecord, [], false, "The record cannot be shown in the consumer's format.")
            {
                At = refused.At,
                AtOffset = refused.Offset,
            };
        }

        var left = Wait(settings) - rows.Clock.GetElapsedTime(_startedAt);
        if (failure is null && left >= WaitMin && !IsEnough(selection, poll.MinBytes ?? settings.FetchMinBytes))
        {
            return await WaitAsync(ready, read, left, cancellationToken);
        }

        // The room of one transaction may all go to what earlier polls left to commit, or to stretches without records: then it
        // is a step on the way to the records that are there.
        var isStep = failure is null && selection is { More: true, Records: 0 };
        var answer = failure ?? new(ErrorCode.None, selection.Slices, selection.More);
        var draft = ready.Draft;
        var isPending = CommitEarlier(ready);
        if (failure is null && PollProtocol.Advance(draft, name, selection, ready.Now) is not ErrorCode.None and var error)
        {
            answer = Failed(error, error == ErrorCode.UnstableOffsetCommit
                ? "An offset of a transaction that is not decided yet waits in a partition."
                : "A member of the group owns a partition that this consumer was assigned.");
            ready = ready with { Draft = new GroupDraft(draft.State) };
            return await SubmitAsync(ready, answer, isStep: false, cancellationToken);
        }

        var changesNothing = _renewedAt is not null && selection.Progress.Count == 0 && !isPending;
        if (changesNothing && !instance.Submissions.IsUnsettled)
        {
            return answer;
        }

        return await SubmitAsync(ready, answer, isStep, cancellationToken);
    }

    private async ValueTask<PollAnswer?> SubmitAsync(
        Ready<PollAnswer> ready, PollAnswer answer, bool isStep, CancellationToken cancellationToken)
    {
        ready.Draft.Renew(name, ready.Now);
        var settled = isStep
            ? await instance.Submissions.StepAsync(ready.Draft, cancellationToken)
            : await instance.Submissions.FinishAsync(ready.Draft, answer, cancellationToken);
        return settled.Finished ? settled.Answer : null;
    }

    private async ValueTask<PollAnswer?> WaitAsync(
        Ready<PollAnswer> ready, PollReads read, TimeSpan left, CancellationToken cancellationToken)
    {
        // The lease must outlast the wait; renewed when half of it is gone.
        var half = ready.Consumer.Settings.SessionTimeout / 2;
        if (_renewedAt is not { } renewedAt || rows.Clock.GetElapsedTime(renewedAt) >= half
            || instance.Submissions.IsUnsettled)
        {
            CommitEarlier(ready);
            ready.Draft.Put(ready.Draft.Consumers[name] with { PolledAt = ready.Now });
            ready.Draft.Renew(name, ready.Now);
            var settled = await instance.Submissions.StepAsync(ready.Draft, cancellationToken);
            if (!settled.Landed || settled.Finished)
            {
                return settled.Answer;
            }

            _renewedAt = rows.Clock.GetTimestamp();
        }

        var slice = left < half ? left : half;
        if (ready.Missing > 0 || read.WaitsFor.Count == 0)
        {
            var pause = ready.Missing > 0 ? rows.Options.ClaimPause : rows.Options.InactivePause;
            slice = slice < pause ? slice : pause;
        }

        // What it waits for may be another member's from now on, or more may be its own.
        var news = rows.NewsSince(ready.Draft.State);
        var isWoken = await Waiting.UntilAsync(
            over => Waiting.UntilAsync(
                either => read.WaitsFor.Count > 0 ? logs.WaitAsync(read.WaitsFor, slice, either) : PauseAsync(slice, either),
                news, over),
            poll.WaitIsOver, cancellationToken);

        // The time is over and nothing came: there is no need to look at any row again.
        return !isWoken && slice == left && read.WaitsFor.Count > 0 && read.Selection.Progress.Count == 0
            && !news.IsCancellationRequested
                ? new(ErrorCode.None, [], false)
                : null;
    }

    // What was delivered by earlier polls; never what this one is about to deliver.
    private static bool CommitEarlier(Ready<PollAnswer> ready)
    {
        if (!Commits.IsAutomatic(ready.Consumer))
        {
            return false;
        }

        var (committed, _) = Commits.CommitDelivered(
            ready.Draft, ready.Consumer, ready.Topics, Commits.PartitionsMax, ready.Now);
        return committed.Count > 0;
    }

    private static bool IsEnough(PollSelection selection, int minBytes) =>
        selection.IsOver || selection.More
        || (minBytes >= 0 && selection.Records > 0 && selection.Bytes >= minBytes);

    private async ValueTask<bool> PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        await Task.Delay(pause, rows.Clock, cancellationToken);
        return true;
    }

    private TimeSpan Wait(ConsumerSettings settings)
    {
        if (poll.WaitIsOver.IsCancellationRequested)
        {
            return TimeSpan.Zero;
        }

        var wait = poll.Wait ?? settings.RequestTimeout;
        return wait < rows.Options.PollWaitMax ? wait : rows.Options.PollWaitMax;
    }

    private PollLimits Limits(ConsumerSettings settings) => new(
        poll.MaxBytes is > 0 and var bytes ? Math.Min(bytes, rows.Options.PollBytesMax) : rows.Options.PollBytesMax,
        poll.MaxRecords is > 0 and var records ? Math.Min(records, rows.Options.PollRecordsMax) : rows.Options.PollRecordsMax,
        settings.IsolationLevel,
        poll.Showable);

    private static PollAnswer Failed(ErrorCode error, string? message) => new(error, [], false, message);
}
