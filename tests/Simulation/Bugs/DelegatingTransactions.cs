using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;

namespace Serverless.Simulation.Bugs;

/// <summary>Passes every step on: what differs from the real transactions is all that a class below it has.</summary>
internal abstract class DelegatingTransactions(ITransactions transactions) : ITransactions
{
    public virtual ValueTask<TransactionAnswer<TransactionInstance>> InitAsync(
        string transactionalId, TimeSpan? timeout, CancellationToken cancellationToken) =>
        transactions.InitAsync(transactionalId, timeout, cancellationToken);

    public virtual ValueTask<TransactionAnswer<TransactionInstance>> BeginAsync(TransactionStep step, CancellationToken cancellationToken) =>
        transactions.BeginAsync(step, cancellationToken);

    public virtual ValueTask<TransactionAnswer<ProduceOutcome[]>> ProduceAsync(
        TransactionStep step, Topic topic, IReadOnlyList<ProduceRecord> records, RequestKey? key, CancellationToken cancellationToken) =>
        transactions.ProduceAsync(step, topic, records, key, cancellationToken);

    public virtual ValueTask<TransactionAnswer<bool>> AddOffsetsAsync(
        TransactionStep step, string group, string? consumer, IReadOnlyList<GroupOffset> offsets, CancellationToken cancellationToken) =>
        transactions.AddOffsetsAsync(step, group, consumer, offsets, cancellationToken);

    public virtual ValueTask<TransactionAnswer<bool>> EndAsync(TransactionStep step, bool commit, CancellationToken cancellationToken) =>
        transactions.EndAsync(step, commit, cancellationToken);

    public virtual ValueTask<TransactionAnswer<TransactionDescription>> DescribeAsync(
        string transactionalId, string instance, CancellationToken cancellationToken) =>
        transactions.DescribeAsync(transactionalId, instance, cancellationToken);

    public virtual ValueTask<TransactionAnswer<bool>> CloseAsync(
        string transactionalId, string instance, CancellationToken cancellationToken) =>
        transactions.CloseAsync(transactionalId, instance, cancellationToken);

    public virtual ValueTask<TransactionPage> ListAsync(string? after, int take, CancellationToken cancellationToken) =>
        transactions.ListAsync(after, take, cancellationToken);

    public virtual ValueTask<TransactionDescription?> FindAsync(string transactionalId, CancellationToken cancellationToken) =>
        transactions.FindAsync(transactionalId, cancellationToken);

    public virtual ValueTask<TransactionAnswer<bool>> AbortAsync(string transactionalId, CancellationToken cancellationToken) =>
        transactions.AbortAsync(transactionalId, cancellationToken);

    public virtual ValueTask<bool> SweepAsync(CancellationToken cancellationToken) => transactions.SweepAsync(cancellationToken);
}
