using Serverless.Core.Storage;

namespace Serverless.Core.Access;

/// <summary>The ACLs, as storage has them.</summary>
/// <remarks>Upholds <b>revoked for good</b>: no request to add an ACL that comes late undoes its removal (<see cref="AclRow"/>).</remarks>
public sealed class Acls(IRowStore rows, TimeProvider clock, Random random)
{
    /// <summary>So many are read at once by every instance, and looked through for each request.</summary>
    public const int BindingsMax = 10_000;

    private const int AttemptsMax = 8;
    private const int PageMax = 1000;

    /// <summary>How long a row stays that was removed.</summary>
    public static TimeSpan RemovedFor { get; } = TimeSpan.FromHours(1);

    private readonly Backoff _backoff = new(clock, random, TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(500));

    /// <summary>All of them. One query for each thousand.</summary>
    public async ValueTask<IReadOnlyList<AclBinding>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await ReadAsync(cancellationToken)).Stored.Values.Where(stored => stored.Counts).Select(stored => stored.Binding)];

    /// <summary>Adds those that are not there yet. Again it comes to the same.</summary>
    /// <returns>False, and nothing is added, where they would be too many.</returns>
    /// <exception cref="StorageException">It gave up; retriable, and some may have been added.</exception>
    public async ValueTask<bool> AddAsync(IReadOnlyCollection<AclBinding> bindings, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var (known, servedAt) = await ReadAsync(cancellationToken);
            var missing = bindings.Distinct().Where(binding => known.GetValueOrDefault(AclRow.Row(binding)) is not { Counts: true }).ToList();
            if (attempt == 0 && known.Values.Count(stored => stored.Counts) + missing.Count > BindingsMax)
            {
                return false;
            }

            if (await SubmitAsync(missing.Select(Added), cancellationToken))
            {
                await ForgetAsync(known, servedAt, cancellationToken);
                return true;
            }

            // Another was first with one of them, or no reply came: a look tells what is missing still.
            await _backoff.PauseAsync(attempt, cancellationToken);

            RowAction Added(AclBinding binding)
            {
                var row = AclRow.Row(binding);
                return known.TryGetValue(row, out var removed)
                    ? RowAction.Replace(row, AclRow.Encode(binding), removed.ETag)
                    : RowAction.Insert(row, AclRow.Encode(binding));
            }
        }

        throw Contended();
    }

    /// <summary>Removes those that are meant, also those that are added meanwhile.</summary>
    /// <returns>What was there and is not any more.</returns>
    /// <exception cref="StorageException">It gave up; retriable, and some may be gone.</exception>
    public async ValueTask<IReadOnlyList<AclBinding>> RemoveAsync(AclFilter filter, CancellationToken cancellationToken)
    {
        var removed = new HashSet<AclBinding>();
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var (known, servedAt) = await ReadAsync(cancellationToken);
            var meant = known.Values.Where(stored => stored.Counts && filter.Has(stored.Binding)).ToList();
            removed.UnionWith(meant.Select(stored => stored.Binding));
            var removals = meant.Select(stored => RowAction.Replace(
                AclRow.Row(stored.Binding), AclRow.Encode(stored.Binding, servedAt), stored.ETag));
            if (await SubmitAsync(removals, cancellationToken))
            {
                await ForgetAsync(known, servedAt, cancellationToken);
                return [.. removed];
            }

            await _backoff.PauseAsync(attempt, cancellationToken);
        }

        throw Contended();
    }

    // What was removed long ago no late request will bring back. Nothing depends on it: the next change tries again.
    private async ValueTask ForgetAsync(Dictionary<string, StoredAcl> known, DateTimeOffset now, CancellationToken cancellationToken) =>
        await SubmitAsync(
            known.Where(stored => now - stored.Value.RemovedAt > RemovedFor).Take(StorageRules.ActionsMax)
                .Select(stored => RowAction.Delete(stored.Key, stored.Value.ETag)),
            cancellationToken);

    private async ValueTask<bool> SubmitAsync(IEnumerable<RowAction> actions, CancellationToken cancellationToken)
    {
        var settled = true;
        foreach (var some in actions.Chunk(StorageRules.ActionsMax))
        {
            var result = await rows.SubmitAsync(Layout.AclsTable, AclRow.Partition, some, cancellationToken);
            settled &= result.Outcome == SubmitOutcome.Committed;
        }

        return settled;
    }

    private async ValueTask<(Dictionary<string, StoredAcl> Stored, DateTimeOffset ServedAt)> ReadAsync(CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, StoredAcl>(StringComparer.Ordinal);
        for (var query = RowQuery.Prefix(AclRow.Partition, AclRow.Prefix, PageMax); ;)
        {
            var page = await rows.QueryAsync(Layout.AclsTable, query, cancellationToken);
            foreach (var row in page.Rows)
            {
                found[row.Key.Row] = AclRow.Decode(row);
            }

            if (!page.More)
            {
                return (found, page.ServedAt);
            }

            query = query.Behind(page.Rows[^1].Key.Row);
        }
    }

    private static StorageException Contended() => new("ACLs are being changed by too many at once.", retriable: true);
}
