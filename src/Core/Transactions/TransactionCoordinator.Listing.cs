using Serverless.Core.Storage;
using Serverless.Core.Transactions.Rows;

namespace Serverless.Core.Transactions;

/// <content>Transactional ids as their programs, operators and tools see them.</content>
public sealed partial class TransactionCoordinator
{
    public async ValueTask<TransactionAnswer<TransactionDescription>> DescribeAsync(
        string transactionalId, string instance, CancellationToken cancellationToken)
    {
        var row = (await _rows.ReadAsync(transactionalId, cancellationToken)).Row;
        return TransactionProtocol.StandingOf(row, instance) switch
        {
            ErrorCode.None => new(ErrorCode.None, Describe(row!)),
            ErrorCode.ProducerFenced => new(ErrorCode.None, Describe(row! with
            {
                Instance = instance,
                State = TransactionState.Fenced,
                Partitions = [],
                Groups = TransactionRow.Ordinal,
            })),
            var error => new(error, default, "The instance of the transactional id is not known; it was closed, or has expired."),
        };
    }

    public async ValueTask<TransactionDescription?> FindAsync(string transactionalId, CancellationToken cancellationToken) =>
        (await _rows.ReadAsync(transactionalId, cancellationToken)).Row is { } row ? Describe(row) : null;

    public async ValueTask<TransactionPage> ListAsync(string? after, int take, CancellationToken cancellationToken)
    {
        var pages = await Task.WhenAll(TransactionRow.AllShards.Select(shard =>
        {
            var query = new RowQuery(shard, Take: take);
            return _rows.Store.QueryAsync(
                Layout.TransactionsTable, after is null ? query : query.Behind(KeyEncoding.Encode(after)), cancellationToken).AsTask();
        }));

        // A page may be shorter than asked for though there is more; then what others have behind its end must wait.
        var ends = pages.Where(page => page is { More: true, Rows.Count: > 0 }).Select(page => page.Rows[^1].Key.Row);
        var end = ends.Order(StringComparer.Ordinal).FirstOrDefault();
        var all = pages.SelectMany(page => page.Rows).OrderBy(row => row.Key.Row, StringComparer.Ordinal)
            .TakeWhile(row => end is null || string.CompareOrdinal(row.Key.Row, end) <= 0).ToList();
        return new(
            [.. all.Take(take).Select(row => Describe(TransactionRowCodec.Decode(row)))], all.Count > take || end is not null);
    }

    private static TransactionDescription Describe(TransactionRow row) => new(
        row.TransactionalId, row.Instance, row.ProducerId, row.ProducerEpoch, row.State, row.Timeout,
        [.. row.Partitions.Select(partition => new TopicPartition(partition.Topic, partition.Partition)).Distinct().Order()],
        [.. row.Groups],
        row.State == TransactionState.Ongoing ? row.StartedAt : null,
        row.State == TransactionState.Ongoing ? row.ExpiresAt : null);
}
