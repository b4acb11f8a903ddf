using Serverless.Core.Groups.Rows;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;

namespace Serverless.Core.Groups;

/// <summary>The changes of one request: the one place where contention and lost replies are settled.</summary>
/// <remarks>
/// Upholds <b>answers are true</b>: each submission leaves its stamp in a row that it changes. After a conflict or an
/// unknown outcome the rows are read again. A stamp found there means that this very submission took effect, and its
/// answer counts; otherwise the request is decided anew. That goes for a conflict too: it may be with our own first
/// delivery. A submission that was lost may still arrive later: then it conflicts with what was decided after it, or that
/// with it, and its stamp is found.
/// </remarks>
internal sealed class GroupRequest<TAnswer>(GroupRows rows, string group, string? instance)
{
    private readonly List<(string Stamp, Settled<TAnswer> Settled, GroupDraft Draft)> _unsettled = [];
    private int _attempts;
    private GroupState? _current;
    private GroupState? _before;

    public GroupRows Rows => rows;

    /// <summary>Submissions that came to nothing so far.</summary>
    public int Attempts => _attempts;

    /// <summary>Something of this request took effect.</summary>
    public bool HasLanded { get; private set; }

    /// <summary>Something was sent of which it is not known yet whether it takes effect: an answer must write a row to fence it.</summary>
    public bool IsUnsettled => _unsettled.Count > 0;

    /// <summary>The rows to decide on, and whether this request read them itself.</summary>
    public async ValueTask<(GroupState State, bool Fresh)> StateAsync(bool fresh, CancellationToken cancellationToken)
    {
        if (_current is { } read)
        {
            _current = null;
            return (read, true);
        }

        return !fresh && rows.Remembered(group, instance) is { } remembered
            ? (remembered, false)
            : (await rows.ReadAsync(group, cancellationToken), true);
    }

    /// <summary>Submits a step on the way to an answer.</summary>
    /// <exception cref="StorageException">It gave up; retriable, and it may have taken effect.</exception>
    public ValueTask<Settled<TAnswer>> StepAsync(GroupDraft draft, CancellationToken cancellationToken) =>
        SubmitAsync(draft, new Settled<TAnswer>(true, false, default!), cancellationToken);

    /// <summary>Submits what makes the answer true. Where something took effect, gives its answer: an earlier one's, if that was it.</summary>
    /// <exception cref="StorageException">It gave up; retriable, and it may have taken effect.</exception>
    public ValueTask<Settled<TAnswer>> FinishAsync(
        GroupDraft draft, TAnswer answer, CancellationToken cancellationToken) =>
        SubmitAsync(draft, new Settled<TAnswer>(true, true, answer), cancellationToken);

    private async ValueTask<Settled<TAnswer>> SubmitAsync(
        GroupDraft draft, Settled<TAnswer> planned, CancellationToken cancellationToken)
    {
        var stamp = rows.Ids.NewId();
        Membership.Touch(draft, _before);
        Stamp(draft, stamp);
        var outcome = await rows.SubmitAsync(draft, cancellationToken);
        if (outcome == SubmitOutcome.Committed)
        {
            // It replaced the very rows that anything lost before was conditional on.
            return Settle(planned);
        }

        _before = draft.State;
        if (outcome == SubmitOutcome.Unknown)
        {
            _unsettled.Add((stamp, planned, draft));
        }

        if (_attempts > 0 || outcome == SubmitOutcome.Unknown)
        {
            await rows.PauseAsync(_attempts, cancellationToken);
        }

        _current = await rows.ReadAsync(group, cancellationToken);
        if (outcome == SubmitOutcome.Conflict && IsIn(_current, stamp))
        {
            // The network delivered it twice, and what came back is the second one's conflict with the first.
            return Settle(planned);
        }

        if (outcome == SubmitOutcome.Conflict && !draft.WasNotMade(_current) && !WouldShow(_current, draft)
            && !(instance is not null && draft.ChangesOnly(ConsumerRow.KeyOf(instance))))
        {
            // The same, perhaps, and the row with the stamp is gone since. Of a row that is gone nobody sees what was in it.
            throw new StorageException($"Whether a request changed group {group} is unknown: what it left is gone.", retriable: true);
        }

        foreach (var (sent, settled, _) in _unsettled)
        {
            if (IsIn(_current, sent))
            {
                return Settle(settled);
            }
        }

        if (_unsettled.Any(lost => !WouldShow(_current, lost.Draft)))
        {
            throw new StorageException(
                $"Whether a request changed group {group} is unknown: others have changed it too often since.", retriable: true);
        }

        if (++_attempts >= rows.Options.AttemptsMax)
        {
            throw new StorageException($"Group {group} was changed by others at each of {_attempts} attempts.", retriable: true);
        }

        return default;
    }

    private Settled<TAnswer> Settle(Settled<TAnswer> settled)
    {
        HasLanded = true;
        _unsettled.Clear();
        _attempts = 0;
        _before = null;
        return settled;
    }

    private void Stamp(GroupDraft draft, string stamp)
    {
        if (draft.Changes(GroupRow.RowKey) && draft.HasGroup)
        {
            draft.Put(draft.Group with { Stamps = Stamps.Add(draft.Group.Stamps, stamp) });
        }

        if (instance is not null && draft.Changes(ConsumerRow.KeyOf(instance))
            && draft.Consumers.GetValueOrDefault(instance) is { } consumer)
        {
            draft.Put(consumer with { Stamps = Stamps.Add(consumer.Stamps, stamp) });
        }
    }

    // Only so many stamps are kept: one that is missing says that nothing took effect where the rows still tell what was last
    // before it. Of a consumer only while it is the same one; and what bears no stamp has no answer either.
    private bool WouldShow(GroupState state, GroupDraft sent)
    {
        var former = sent.State;
        var inGroup = sent.Changes(GroupRow.RowKey) && sent.HasGroup;
        var inConsumer = instance is not null && sent.Changes(ConsumerRow.KeyOf(instance)) && sent.Consumers.ContainsKey(instance);
        return (!inGroup && !inConsumer)
            || (inGroup && (state.Group, former.Group) switch
            {
                (null, var before) => before is null,
                ({ } now, null) => Stamps.TellAllSince(now.Row.Stamps, ""),
                ({ } now, { } before) => Stamps.TellAllSince(now.Row.Stamps, before.Row.Stamps),
            })
            || (inConsumer && state.Consumers.TryGetValue(instance!, out var consumer)
                && former.Consumers.TryGetValue(instance!, out var was) && consumer.Row.Id == was.Row.Id
                && Stamps.TellAllSince(consumer.Row.Stamps, was.Row.Stamps));
    }

    private bool IsIn(GroupState state, string stamp) =>
        (state.Group is { } row && Stamps.Holds(row.Row.Stamps, stamp))
        || (instance is not null && state.Consumers.TryGetValue(instance, out var consumer)
            && Stamps.Holds(consumer.Row.Stamps, stamp));
}

/// <summary>Whether something of the request took effect, whether that was its last step, and then its answer.</summary>
internal readonly record struct Settled<TAnswer>(bool Landed, bool Finished, TAnswer Answer);
