using Serverless.Core.Storage;

namespace Serverless.Core.Groups;

/// <content>Shares, for members that do without polls: see <see cref="IGroupShares"/>.</content>
public sealed partial class ConsumerGroups
{
    public async ValueTask<GroupAnswer<GroupShare>> ShareAsync(
        string group, string instance, bool fresh, CancellationToken cancellationToken)
    {
        using var one = await EnterAsync(group, instance, cancellationToken);
        var answer = await DecideAsync<GroupShare>(
            group, instance, joins: true,
            ready => new(new GroupAnswer<GroupShare>(new GroupShare(
                [.. PollProtocol.Share(ready.Draft, ready.Consumer)
                    .Select(row => new SharePartition(row.At, row.TopicId, ShareProtocol.MarkOf(row)))],
                ready.Now) { DecidedAt = _rows.Clock.GetTimestamp() })),
            cancellationToken, fresh);
        return answer.Value is { } share
            ? new(share with { Now = share.Now + _rows.Clock.GetElapsedTime(share.DecidedAt) })
            : answer;
    }

    public async ValueTask<GroupAnswer<IReadOnlyList<StepOutcome>>> StepAsync(
        string group, string instance, IReadOnlyList<ShareStep> steps, IReadOnlyList<RowAction> effects,
        CancellationToken cancellationToken)
    {
        Invariant.Holds(steps.Count <= Commits.PartitionsMax && effects.Count <= EffectRows.ActionsMax);
        Invariant.Holds(effects.All(action => action.Row.StartsWith(EffectRows.Prefix, StringComparison.Ordinal)));
        Invariant.Holds(steps.Count == 1 || effects.Count == 0);
        using var one = await EnterAsync(group, instance, cancellationToken);
        return await DecideAsync<IReadOnlyList<StepOutcome>>(
            group, instance, joins: false,
            ready =>
            {
                var outcomes = steps.Select(step => ShareProtocol.Step(ready.Draft, ready.Consumer, step, ready.Now)).ToList();
                if (!ready.Fresh && outcomes.Any(outcome => outcome != StepOutcome.Done))
                {
                    // Remembered rows may be older than the step's own knowledge.
                    throw new StaleStateException();
                }

                if (outcomes.Contains(StepOutcome.Done))
                {
                    ready.Draft.Add(effects);
                    ready.Draft.Put(ready.Draft.Consumers[instance] with { PolledAt = ready.Now });
                }

                return new(new GroupAnswer<IReadOnlyList<StepOutcome>>(outcomes));
            },
            cancellationToken);
    }

    // While the group row is there each page is conditional on it, and whoever has effects has an instance, and so a group row.
    private async ValueTask<bool> DeleteEffectsAsync(GroupDraft draft, CancellationToken cancellationToken)
    {
        var page = await _store.QueryAsync(
            GroupRows.Table, EffectRows.All(draft.State.Name, EffectRows.ActionsMax), cancellationToken);
        draft.Put(draft.Group);
        draft.Add([.. page.Rows.Select(row => RowAction.Delete(row.Key.Row, row.ETag))]);
        return page.Rows.Count > 0;
    }
}
