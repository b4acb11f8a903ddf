using Serverless.Core.Storage;

namespace Serverless.Core.Access;

/// <summary>The ACLs, as storage has them.</summary>
public sealed class Acls(IRowStore rows, TimeProvider clock, Random random)
{
    /// <summary>So many are read at once by every instance, and looked through for each request.</summary>
    public const int BindingsMax = 10_000;

    private const int AttemptsMax = 8;
    private const int PageMax = 1000;

    private readonly Backoff _backoff = new(clock, random, TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(500));

    /// <summary>All of them. One query for each thousand.</summary>
    public async ValueTask<IReadOnlyList<AclBinding>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await ReadAsync(cancellationToken)).Select(AclRow.Decode)];

    /// <summary>Adds those that are not there yet: one after the other, and again it comes to the same.</summary>
    /// <returns>False, and nothing is added, where they would be too many.</returns>
    /// <exception cref="StorageException">It gave up; retriable, and some may have been added.</exception>
    public async ValueTask<bool> AddAsync(IReadOnlyCollection<AclBinding> bindings, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var known = (await ReadAsync(cancellationToken)).Select(row => row.Key.Row).ToHashSet(StringComparer.Ordinal);
            var missing = bindings.DistinctBy(AclRow.Row).Where(binding => !known.Contains(AclRow.Row(binding))).ToList();
            if (attempt == 0 && known.Count + missing.Count > BindingsMax)
            {
                return false;
            }

            var settled = true;
            foreach (var some in missing.Chunk(StorageRules.ActionsMax))
            {
                settled &= await SubmitAsync(
                    [.. some.Select(binding => RowAction.Insert(AclRow.Row(binding), AclRow.Encode(binding)))], cancellationToken);
            }

            if (settled)
            {
                return true;
            }

            // Another was first with one of them, or no reply came: a look tells what is missing still.
            await _backoff.PauseAsync(attempt, cancellationToken);
        }

        throw Contended();
    }

    /// <summary>Removes those that are meant, also those that are added meanwhile.</summary>
    /// <returns>What was there and is not any more.</returns>
    /// <exception cref="StorageException">It gave up; retriable, and some may be gone.</exception>
    public async ValueTask<IReadOnlyList<AclBinding>> RemoveAsync(AclFilter filter, CancellationToken cancellationToken)
    {
        var removed = new Dictionary<string, AclBinding>(StringComparer.Ordinal);
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var meant = (await ReadAsync(cancellationToken)).Where(row => filter.Has(AclRow.Decode(row))).ToList();
            var settled = true;
            foreach (var some in meant.Chunk(StorageRules.ActionsMax))
            {
                foreach (var row in some)
                {
                    removed[row.Key.Row] = AclRow.Decode(row);
                }

                settled &= await SubmitAsync(
                    [.. some.Select(row => RowAction.Delete(row.Key.Row, row.ETag))], cancellationToken);
            }

            if (settled)
            {
                return [.. removed.Values];
            }

            await _backoff.PauseAsync(attempt, cancellationToken);
        }

        throw Contended();
    }

    private async ValueTask<bool> SubmitAsync(IReadOnlyList<RowAction> actions, CancellationToken cancellationToken)
    {
        var result = await rows.SubmitAsync(Layout.AclsTable, AclRow.Partition, actions, cancellationToken);
        return result.Outcome == SubmitOutcome.Committed;
    }

    private async ValueTask<IReadOnlyList<StoredRow>> ReadAsync(CancellationToken cancellationToken)
    {
        var found = new List<StoredRow>();
        for (var query = RowQuery.Prefix(AclRow.Partition, AclRow.Prefix, PageMax); ;)
        {
            var page = await rows.QueryAsync(Layout.AclsTable, query, cancellationToken);
            found.AddRange(page.Rows);
            if (!page.More)
            {
                return found;
            }

            query = query.Behind(page.Rows[^1].Key.Row);
        }
    }

    private static StorageException Contended() => new("ACLs are being changed by too many at once.", retriable: true);
}
