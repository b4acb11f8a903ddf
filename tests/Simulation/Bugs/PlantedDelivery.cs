using Serverless.Core;
using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;
using Serverless.Simulation.Audit;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Bugs;

/// <summary>What a delivery leans on, with a mistake between.</summary>
internal sealed class PlantedDelivery(PlantedBug bug, Instance at)
{
    public IWebhooks Webhooks(IWebhooks webhooks) => new PlantedWebhooks(webhooks, bug);

    public IConsumerGroups Members(IConsumerGroups groups) => new PlantedMembers(groups, bug);

    public IGroupShares Shares(IGroupShares shares) => new PlantedShares(shares, bug, at.Rows);

    public IPartitionLogs Logs(IPartitionLogs logs) => new PlantedReads(logs, bug);

    public ITransactions Transactions(ITransactions transactions) => new PlantedMoves(transactions, bug);

    // A range that nobody has tried yet is as if it had not been fixed.
    private static OffsetMark Unfixed(OffsetMark mark) => RangeMark.Of(mark) is { Attempts: 0 } ? mark with { Metadata = "" } : mark;

    private sealed class PlantedWebhooks(IWebhooks webhooks, PlantedBug bug) : IWebhooks
    {
        public IDeliveryTarget Open(DeliveryTarget.Webhook webhook, ReadOnlyMemory<byte> secret) =>
            new PlantedTarget(webhooks.Open(webhook, secret), bug);
    }

    private sealed class PlantedTarget(IDeliveryTarget target, PlantedBug bug) : IDeliveryTarget
    {
        public async ValueTask<SendOutcome> SendAsync(DeliveryBatch batch, CancellationToken cancellationToken)
        {
            if (bug == PlantedBug.AcknowledgesFirst)
            {
                _ = target.SendAsync(batch, CancellationToken.None).AsTask();
                return new SendOutcome.Done();
            }

            var outcome = await target.SendAsync(
                bug == PlantedBug.KeyOfTheAttempt ? batch with { Key = $"{batch.Attempt}-{batch.Key}" } : batch, cancellationToken);
            return outcome is SendOutcome.Failed && bug == PlantedBug.TakesFailureForDone ? new SendOutcome.Done() : outcome;
        }
    }

    private sealed class PlantedMembers(IConsumerGroups groups, PlantedBug bug) : DelegatingGroups(groups)
    {
        public override ValueTask<GroupAnswer> DeleteInstanceAsync(string group, string instance, CancellationToken cancellationToken) =>
            bug == PlantedBug.WorkersStay ? new(GroupAnswer.Done) : base.DeleteInstanceAsync(group, instance, cancellationToken);
    }

    private sealed class PlantedReads(IPartitionLogs logs, PlantedBug bug) : DelegatingLogs(logs)
    {
        public override ValueTask<FetchAnswer> FetchAsync(
            Topic topic, int partition, long offset, int bytesMax, IsolationLevel isolation, CancellationToken cancellationToken) =>
            base.FetchAsync(
                topic, partition, offset, bytesMax, bug == PlantedBug.DeliversUndecided ? IsolationLevel.ReadUncommitted : isolation,
                cancellationToken);
    }

    private sealed class PlantedShares(IGroupShares shares, PlantedBug bug, IRowStore rows) : IGroupShares
    {
        public ValueTask<GroupAnswer<GroupShare>> ShareAsync(
            string group, string instance, bool fresh, CancellationToken cancellationToken) =>
            shares.ShareAsync(group, instance, fresh, cancellationToken);

        public async ValueTask<GroupAnswer<IReadOnlyList<StepOutcome>>> StepAsync(
            string group, string instance, IReadOnlyList<ShareStep> steps, IReadOnlyList<RowAction> effects,
            CancellationToken cancellationToken)
        {
            if (bug == PlantedBug.FixesNoRange)
            {
                steps = [.. steps.Select(step => step with { From = Unfixed(step.From), To = Unfixed(step.To) })];
            }

            if (bug == PlantedBug.CountsOutside && effects.Count > 0)
            {
                await rows.SubmitAsync(Layout.GroupsTable, KeyEncoding.Encode(group), effects, cancellationToken);
                effects = [];
            }

            var answer = await shares.StepAsync(group, instance, steps, effects, cancellationToken);
            if (bug == PlantedBug.AcceptsAnyMark && answer.Value?.Contains(StepOutcome.Moved) == true)
            {
                var share = await shares.ShareAsync(group, instance, fresh: true, cancellationToken);
                return await shares.StepAsync(
                    group, instance, [.. steps.Select(step => step with { From = MarkOf(share.Value, step) })], effects, cancellationToken);
            }

            return bug == PlantedBug.GoesOnWithoutIt && answer.Value?.Contains(StepOutcome.Done) != true
                ? new([.. steps.Select(_ => StepOutcome.Done)])
                : answer;
        }

        private static OffsetMark MarkOf(GroupShare? share, ShareStep step) =>
            share?.Partitions.FirstOrDefault(has => has.At == step.At)?.Mark ?? step.From;
    }

    private sealed class PlantedMoves(ITransactions transactions, PlantedBug bug) : DelegatingTransactions(transactions)
    {
        // Where one transaction was made two: the epoch of the second, by that of the first.
        private readonly Dictionary<TransactionStep, TransactionStep> _second = [];

        public override async ValueTask<TransactionAnswer<ProduceOutcome[]>> ProduceAsync(
            TransactionStep step, Topic topic, IReadOnlyList<ProduceRecord> records, RequestKey? key, CancellationToken cancellationToken)
        {
            var present = _second.GetValueOrDefault(step, step);
            var answer = await base.ProduceAsync(present, topic, records, key, cancellationToken);
            if (bug == PlantedBug.LettersOutside && topic.Name == DeliveryAudit.Letters && answer.Error == ErrorCode.None)
            {
                await base.EndAsync(present, commit: true, cancellationToken);
                var begun = await base.BeginAsync(present with { Epoch = null }, cancellationToken);
                _second[step] = present with { Epoch = begun.Value?.ProducerEpoch ?? present.Epoch };
            }

            return answer;
        }

        public override ValueTask<TransactionAnswer<bool>> AddOffsetsAsync(
            TransactionStep step, string group, string? consumer, IReadOnlyList<GroupOffset> offsets, CancellationToken cancellationToken) => bug switch
        {
            PlantedBug.CopiesWithoutOffsets => new(new TransactionAnswer<bool>(ErrorCode.None, true)),
            PlantedBug.ForgetsWhereItStands => base.AddOffsetsAsync(
                step, group, consumer, [.. offsets.Select(offset => offset with { From = null })], cancellationToken),
            PlantedBug.FixesNoRange => base.AddOffsetsAsync(
                step, group, consumer, [.. offsets.Select(offset => offset with { From = Unfixed(offset.From!.Value) })], cancellationToken),
            _ => base.AddOffsetsAsync(_second.GetValueOrDefault(step, step), group, consumer, offsets, cancellationToken),
        };

        public override ValueTask<TransactionAnswer<bool>> EndAsync(TransactionStep step, bool commit, CancellationToken cancellationToken) =>
            base.EndAsync(_second.GetValueOrDefault(step, step), commit, cancellationToken);
    }
}
