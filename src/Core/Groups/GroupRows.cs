using System.Collections.Immutable;
using Serverless.Core.Groups.Rows;
using Serverless.Core.Storage;
using Serverless.Core.Telemetry;

namespace Serverless.Core.Groups;

/// <summary>The rows of groups: read whole, remembered for a while, and changed in one conditional transaction.</summary>
internal sealed class GroupRows(
    IRowStore store, IIdSource ids, TimeProvider clock, Random random, GroupOptions options, LogMetrics metrics)
{
    public const string Table = "groups";

    // Of those that keys are made of: with it behind a key begins what follows the key.
    public const char LeastCharacter = '-';

    // Behind the last of the group's own rows, and before its consumers' effects.
    private const string Behind = "p";

    private readonly GroupCache _cache = new(options.CachedGroupsMax);
    private readonly Backoff _backoff = new(clock, random, options.BackoffMin, options.BackoffMax);

    public TimeProvider Clock => clock;

    public GroupOptions Options => options;

    public IIdSource Ids => ids;

    /// <summary>The rows as remembered, where they are young enough for this instance; null where they must be read.</summary>
    /// <remarks>
    /// An instance that has not polled for a while is not in the way of a rebalance that touches its row. So it need not
    /// look: its own next write conflicts when there is news. A member that seems overdue is always looked at.
    /// </remarks>
    public GroupState? Remembered(string group, string? instance)
    {
        if (_cache.Find(group) is not { } state)
        {
            return null;
        }

        var age = clock.GetElapsedTime(state.ReadAt);
        var now = Now(state);
        var isIdle = instance is not null && state.Consumers.TryGetValue(instance, out var consumer)
            && now - consumer.Row.PolledAt > options.CacheAgeMax;
        return age < options.CacheAgeMax
            || (isIdle && age < options.IdleCacheAgeMax && !state.Consumers.Values.Any(other => other.Row.LeaseIsOver(now)))
                ? state
                : null;
    }

    /// <summary>An instance as remembered, where it cannot have expired yet. Its settings never change, but its name may be another's by now.</summary>
    public ConsumerRow? RememberedInstance(string group, string instance) =>
        _cache.Find(group) is { } state && clock.GetElapsedTime(state.ReadAt) < options.IdleCacheAgeMax
        && state.Consumers.TryGetValue(instance, out var consumer) && !consumer.Row.IsExpired(Now(state))
            ? consumer.Row
            : null;

    /// <summary>Signalled when this process learns that the group has changed since; what another process does it learns later.</summary>
    public CancellationToken NewsSince(GroupState state) => _cache.NewsSince(state);

    /// <summary>The rows as storage has them now.</summary>
    public async ValueTask<GroupState> ReadAsync(string group, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < options.AttemptsMax; attempt++)
        {
            var state = await ReadOnceAsync(group, cancellationToken);
            if (state.IsWhole())
            {
                _cache.Keep(state);
                return state;
            }

            await PauseAsync(attempt, cancellationToken);
        }

        throw new StorageException($"Group {group} changed too often to be read.", retriable: true);
    }

    /// <summary>The service's clock now, as far as this process can tell without asking: good for writing deadlines, never for ending one.</summary>
    public DateTimeOffset Now(GroupState state) => state.ServedAt + clock.GetElapsedTime(state.AnsweredAt);

    /// <summary>Sends the changes once.</summary>
    public async ValueTask<SubmitOutcome> SubmitAsync(GroupDraft draft, CancellationToken cancellationToken)
    {
        var partition = KeyEncoding.Encode(draft.State.Name);
        var result = await store.SubmitAsync(Table, partition, draft.Actions(), cancellationToken);
        if (result.Outcome == SubmitOutcome.Committed)
        {
            _cache.Apply(draft, result.ETags);
            if (draft.HasGroup && draft.Group.Epoch > (draft.State.Group?.Row.Epoch ?? 0))
            {
                metrics.Rebalanced(draft.State.Name);
            }
        }

        return result.Outcome;
    }

    public Task PauseAsync(int attempt, CancellationToken cancellationToken) => _backoff.PauseAsync(attempt, cancellationToken);

    private async ValueTask<GroupState> ReadOnceAsync(string group, CancellationToken cancellationToken)
    {
        // The age counts from before the question, the service's clock from the answer on: neither is ever flattered.
        var readAt = clock.GetTimestamp();
        var partition = KeyEncoding.Encode(group);
        var consumers = ImmutableSortedDictionary.CreateBuilder<string, Versioned<ConsumerRow>>(StringComparer.Ordinal);
        var partitions = ImmutableSortedDictionary.CreateBuilder<TopicPartition, Versioned<PartitionRow>>();
        Versioned<GroupRow>? row = null;
        DateTimeOffset? servedAt = null;
        var answeredAt = readAt;
        string? from = null;
        for (var more = true; more;)
        {
            var page = await store.QueryAsync(Table, new RowQuery(partition, from, Behind), cancellationToken);
            foreach (var stored in page.Rows)
            {
                if (stored.Key.Row == GroupRow.RowKey)
                {
                    row = new(GroupRow.Decode(stored.Columns), stored.ETag);
                }
                else if (stored.Key.Row.StartsWith(ConsumerRow.Prefix, StringComparison.Ordinal))
                {
                    var consumer = ConsumerRowCodec.Decode(stored.Columns);
                    consumers[consumer.Name] = new(consumer, stored.ETag);
                }
                else
                {
                    var owned = PartitionRow.Decode(stored.Columns);
                    partitions[owned.At] = new(owned, stored.ETag);
                }
            }

            if (servedAt is null)
            {
                servedAt = page.ServedAt;
                answeredAt = clock.GetTimestamp();
            }

            more = page.More && page.Rows.Count > 0;
            from = more ? page.Rows[^1].Key.Row + LeastCharacter : null;
        }

        return new GroupState(group)
        {
            Group = row,
            Consumers = consumers.ToImmutable(),
            Partitions = partitions.ToImmutable(),
            ServedAt = servedAt!.Value,
            ReadAt = readAt,
            AnsweredAt = answeredAt,
        };
    }
}
