using Serverless.Core.Storage;

namespace Serverless.Core.Delivery;

/// <summary>The deliveries of all groups, one row each.</summary>
public sealed class Deliveries(IRowStore rows, IIdSource ids, TimeProvider clock, Random random)
{
    private const int AttemptsMax = 8;
    private const int PageMax = 1000;

    private readonly Backoff _backoff = new(clock, random, TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(500));

    /// <summary>The delivery as storage has it now, or null.</summary>
    public async ValueTask<GroupDelivery?> FindAsync(string group, CancellationToken cancellationToken) =>
        (await ReadAsync(group, cancellationToken)).Delivery;

    /// <summary>All of them, by the encoded names of their groups. One query for each thousand.</summary>
    public async ValueTask<IReadOnlyList<GroupDelivery>> ListAsync(CancellationToken cancellationToken)
    {
        var found = new List<GroupDelivery>();
        RowPage? page = null;
        while (page is null or { More: true, Rows.Count: > 0 })
        {
            var query = RowQuery.Prefix(DeliveryRow.Partition, DeliveryRow.Prefix, PageMax);
            page = await rows.QueryAsync(
                Layout.DeliveriesTable, page is null ? query : query.Behind(page.Rows[^1].Key.Row), cancellationToken);
            var served = (page.ServedAt, clock.GetTimestamp());
            found.AddRange(page.Rows.Where(row => row.Key.Row.StartsWith(DeliveryRow.Prefix, StringComparison.Ordinal))
                .Select(row => DeliveryRow.Decode(row) with { Served = served }));
        }

        return found;
    }

    /// <summary>Makes, changes or deletes the delivery of a group.</summary>
    /// <param name="change">From what is stored, or null, to what is to be: null deletes, the same keeps it. Asked again after a conflict.
    /// The version is set here.</param>
    /// <returns>What is stored now, and what was there before.</returns>
    /// <exception cref="StorageException">It gave up; retriable, and it may have taken effect.</exception>
    public async ValueTask<(GroupDelivery? Before, GroupDelivery? Now)> ChangeAsync(
        string group, Func<GroupDelivery?, DateTimeOffset, GroupDelivery?> change, CancellationToken cancellationToken)
    {
        // What was sent and got no reply, by its version: found in the row it is this very request's.
        var lost = new Dictionary<string, (GroupDelivery? Before, GroupDelivery? Now)>();
        GroupDelivery? deleted = null;
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var (stored, servedAt) = await ReadAsync(group, cancellationToken);
            if (stored is not null && lost.TryGetValue(stored.Version, out var landed))
            {
                return landed with { Now = stored };
            }

            if (stored is null && deleted is not null)
            {
                return (deleted, null);
            }

            var next = change(stored, servedAt);
            if (ReferenceEquals(next, stored))
            {
                return (stored, stored);
            }

            next = next is null ? null : next with { Version = ids.NewId(), Served = (servedAt, clock.GetTimestamp()) };
            var row = DeliveryRow.Row(group);
            var action = (next, stored) switch
            {
                (null, { } gone) => RowAction.Delete(row, gone.ETag!),
                ({ } made, null) => RowAction.Insert(row, DeliveryRow.Encode(made)),
                ({ } changed, { } former) => RowAction.Replace(row, DeliveryRow.Encode(changed), former.ETag!),
                _ => throw new InvariantException("Nothing was to become nothing."),
            };
            var result = await rows.SubmitAsync(Layout.DeliveriesTable, DeliveryRow.Partition, [action], cancellationToken);
            if (result.Outcome == SubmitOutcome.Committed)
            {
                return (stored, next);
            }

            // A conflict may be with our own first delivery.
            if (next is not null)
            {
                lost[next.Version] = (stored, next);
            }
            else
            {
                deleted = stored;
            }

            await _backoff.PauseAsync(attempt, cancellationToken);
        }

        throw new StorageException($"The delivery of group {group} was changed by others at each attempt.", retriable: true);
    }

    /// <summary>Pauses the delivery, if it is still the one that asks.</summary>
    public async ValueTask PauseAsync(GroupDelivery delivery, string because, CancellationToken cancellationToken) =>
        await ChangeAsync(
            delivery.Group,
            (stored, _) => stored is { Paused: false } && stored.Version == delivery.Version
                ? stored with { Paused = true, PausedBecause = because }
                : stored,
            cancellationToken);

    private async ValueTask<(GroupDelivery? Delivery, DateTimeOffset ServedAt)> ReadAsync(
        string group, CancellationToken cancellationToken)
    {
        var read = await rows.GetAsync(
            Layout.DeliveriesTable, new(DeliveryRow.Partition, DeliveryRow.Row(group)), cancellationToken);
        var served = (read.ServedAt, clock.GetTimestamp());
        return (read.Row is { } row ? DeliveryRow.Decode(row) with { Served = served } : null, read.ServedAt);
    }
}
