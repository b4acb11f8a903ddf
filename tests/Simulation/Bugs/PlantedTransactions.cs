using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;

namespace Serverless.Simulation.Bugs;

/// <summary>What transactions lean on, with a mistake between.</summary>
internal sealed class PlantedTransactions(PlantedBug bug)
{
    public IPartitionLogs Logs(IPartitionLogs logs) => new PlantedMarkers(logs, bug);

    public ITransactions Steps(ITransactions transactions) => new PlantedSteps(transactions, bug);

    public IPendingOffsets Offsets(IPendingOffsets offsets) => new PlantedOffsets(offsets, bug);

    private sealed class PlantedSteps(ITransactions transactions, PlantedBug bug) : ITransactions
    {
        public ValueTask<TransactionAnswer<TransactionInstance>> InitAsync(
            string transactionalId, TimeSpan? timeout, CancellationToken cancellationToken) =>
            transactions.InitAsync(transactionalId, timeout, cancellationToken);

        public ValueTask<TransactionAnswer<TransactionInstance>> BeginAsync(TransactionStep step, CancellationToken cancellationToken) =>
            transactions.BeginAsync(step, cancellationToken);

        public ValueTask<TransactionAnswer<ProduceOutcome[]>> ProduceAsync(
            TransactionStep step, Topic topic, IReadOnlyList<ProduceRecord> records, RequestKey? key, CancellationToken cancellationToken) =>
            transactions.ProduceAsync(step, topic, records, key, cancellationToken);

        public ValueTask<TransactionAnswer<bool>> AddOffsetsAsync(
            TransactionStep step, string group, string? consumer, IReadOnlyList<GroupOffset> offsets, CancellationToken cancellationToken) =>
            transactions.AddOffsetsAsync(step, group, consumer, offsets, cancellationToken);

        public ValueTask<TransactionAnswer<bool>> EndAsync(TransactionStep step, bool commit, CancellationToken cancellationToken) =>
            transactions.EndAsync(
                bug == PlantedBug.EndsWhateverIsOpen ? step with { Epoch = null } : step, commit, cancellationToken);

        public ValueTask<TransactionAnswer<TransactionDescription>> DescribeAsync(
            string transactionalId, string instance, CancellationToken cancellationToken) =>
            transactions.DescribeAsync(transactionalId, instance, cancellationToken);

        public ValueTask<TransactionAnswer<bool>> CloseAsync(
            string transactionalId, string instance, CancellationToken cancellationToken) =>
            transactions.CloseAsync(transactionalId, instance, cancellationToken);

        public ValueTask<TransactionPage> ListAsync(string? after, int take, CancellationToken cancellationToken) =>
            transactions.ListAsync(after, take, cancellationToken);

        public ValueTask<TransactionDescription?> FindAsync(string transactionalId, CancellationToken cancellationToken) =>
            transactions.FindAsync(transactionalId, cancellationToken);

        public ValueTask<TransactionAnswer<bool>> AbortAsync(string transactionalId, CancellationToken cancellationToken) =>
            transactions.AbortAsync(transactionalId, cancellationToken);

        public ValueTask<bool> SweepAsync(CancellationToken cancellationToken) =>
            bug == PlantedBug.TimesNothingOut ? new(false) : transactions.SweepAsync(cancellationToken);
    }

    private sealed class PlantedOffsets(IPendingOffsets offsets, PlantedBug bug) : IPendingOffsets
    {
        public ValueTask<GroupAnswer> AddAsync(
            string group, string? consumer, TransactionKey transaction, IReadOnlyList<GroupOffset> added,
            Func<CancellationToken, ValueTask<GroupAnswer>> isOpen, CancellationToken cancellationToken)
        {
            return bug == PlantedBug.OffsetsOutside
                ? AddAndSettleAsync()
                : offsets.AddAsync(group, consumer, transaction, added, isOpen, cancellationToken);

            async ValueTask<GroupAnswer> AddAndSettleAsync()
            {
                var answer = await offsets.AddAsync(group, consumer, transaction, added, isOpen, cancellationToken);
                if (answer.Error == ErrorCode.None)
                {
                    await offsets.SettleAsync(group, transaction, commit: true, cancellationToken);
                }

                return answer;
            }
        }

        public async ValueTask SettleAsync(
            string group, TransactionKey transaction, bool commit, CancellationToken cancellationToken)
        {
            if (bug != PlantedBug.OffsetsAreForgotten)
            {
                await offsets.SettleAsync(group, transaction, commit || bug == PlantedBug.AbortsCommitOffsets, cancellationToken);
            }
        }
    }
}
