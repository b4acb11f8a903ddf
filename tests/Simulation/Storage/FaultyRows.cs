using Serverless.Core.Storage;
using Serverless.Simulation.Audit;

namespace Serverless.Simulation.Storage;

/// <summary>The row port of one instance: the one shared store, reached through faults, each effect audited.</summary>
internal sealed class FaultyRows(IRowStore store, StorageChannel channel, StorageAudit audit, TimeProvider service) : IRowStore
{
    public ValueTask<RowRead> GetAsync(string table, RowKey key, CancellationToken cancellationToken)
    {
        StorageRules.Get(table, key);
        return channel.SendAsync(
            StorageCall.Get,
            new GetRequest(table, key),
            () => Now(store.GetAsync(table, key, CancellationToken.None)),
            unknown: null,
            cancellationToken);
    }

    public ValueTask<RowPage> QueryAsync(string table, RowQuery query, CancellationToken cancellationToken)
    {
        StorageRules.Query(table, query);
        return channel.SendAsync(
            StorageCall.Query,
            new QueryRequest(table, query),
            () => Now(store.QueryAsync(table, query, CancellationToken.None)),
            unknown: null,
            cancellationToken);
    }

    public ValueTask<SubmitResult> SubmitAsync(
        string table, string partition, IReadOnlyList<RowAction> actions, CancellationToken cancellationToken)
    {
        StorageRules.Submit(table, partition, actions);
        var sent = actions.ToArray();
        return channel.SendAsync(
            StorageCall.Submit,
            new SubmitRequest(table, partition, sent),
            () =>
            {
                var result = Now(store.SubmitAsync(table, partition, sent, CancellationToken.None));
                audit.Submitted(table, partition, sent, result);
                return result;
            },
            () => new SubmitResult(SubmitOutcome.Unknown, [], service.GetUtcNow()),
            cancellationToken);
    }

    private static T Now<T>(ValueTask<T> done) => done.IsCompleted
        ? done.GetAwaiter().GetResult()
        : throw new InvalidOperationException("The shared store must answer at once.");
}
