using Serverless.Core;
using Serverless.Core.Groups.Rows;
using Serverless.Core.Storage;
using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Audit;

/// <summary>One group's rows as effects made them, each transaction checked against what was before it.</summary>
/// <remarks>Who expects what of the group is told by <see cref="GroupClaims"/>; the rows alone must keep the rest.</remarks>
internal sealed class GroupAudit(
    string key, EventLoop loop, Func<string, int, PartitionAudit> logOf, Action<string> note)
{
    private readonly Dictionary<string, ConsumerRow> _consumers = new(StringComparer.Ordinal);
    private readonly Dictionary<TopicPartition, PartitionRow> _partitions = [];

    public GroupClaims Claims { get; } = new();

    public GroupRow? Row { get; private set; }

    public IEnumerable<PartitionRow> Partitions => _partitions.Values;

    public void Submitted(IReadOnlyList<RowAction> actions)
    {
        var before = new Dictionary<string, ConsumerRow>(_consumers, StringComparer.Ordinal);
        var (former, written) = (Row, new HashSet<string>(StringComparer.Ordinal));
        foreach (var action in actions)
        {
            if (action.Row == GroupRow.RowKey)
            {
                Row = action.Columns is { } columns ? GroupRow.Decode(columns) : null;
            }
            else if (action.Row.StartsWith(ConsumerRow.Prefix, StringComparison.Ordinal))
            {
                TakeConsumer(action, written);
            }
        }

        foreach (var ended in before.Values.Where(consumer => consumer.IsMember))
        {
            Ended(ended);
        }

        Epoch(former, before);
        foreach (var columns in actions.Where(action => action.Row.StartsWith(PartitionRow.Prefix, StringComparison.Ordinal))
            .Select(action => action.Columns).OfType<IReadOnlyDictionary<string, object>>())
        {
            Partition(PartitionRow.Decode(columns), before, written);
        }
    }

    private void TakeConsumer(RowAction action, HashSet<string> written)
    {
        if (action.Columns is { } columns)
        {
            var consumer = ConsumerRowCodec.Decode(columns);
            _consumers[consumer.Name] = consumer;
            written.Add(consumer.Name);
            return;
        }

        var gone = _consumers.Values.Single(consumer => consumer.RowKey == action.Row);
        _consumers.Remove(gone.Name);
        written.Add(gone.Name);
    }

    // A membership ends by its own wish, or when its lease is over by the one clock that all go by.
    private void Ended(ConsumerRow member)
    {
        if (Owner(_consumers, member.Incarnation) is not null || Claims.MayEnd(member))
        {
            return;
        }

        var now = EventLoop.Epoch + loop.Now;
        Guarantee.Holds(
            now > member.Lease, "G9", $"{key}: {member.Name} was ended at {now}, and its lease lasts until {member.Lease}.");
    }

    private void Epoch(GroupRow? former, Dictionary<string, ConsumerRow> before)
    {
        var (was, now) = (former ?? new GroupRow(key), Row ?? new GroupRow(key));
        Guarantee.Holds(now.Epoch >= was.Epoch, "G7", $"{key}: the epoch fell from {was.Epoch} to {now.Epoch}.");
        Guarantee.Holds(
            now.Epoch > was.Epoch || Incarnations(before).SequenceEqual(Incarnations(_consumers)), "G7",
            $"{key}: members changed, and the epoch {now.Epoch} stayed.");
        var sameTarget = was.Target.Owners.SequenceEqual(now.Target.Owners);
        Guarantee.Holds(sameTarget || now.Epoch > was.Epoch, "G7", $"{key}: epoch {now.Epoch} has two assignments.");
        if (now.Epoch == was.Epoch)
        {
            return;
        }

        TargetCheck.Valid(key, now, [.. _consumers.Values.Where(consumer => consumer.IsMember)]);
        var sameMembers = was.Target.Members.Select(member => member.Id).SequenceEqual(now.Target.Members.Select(member => member.Id));
        Guarantee.Holds(
            sameTarget || !sameMembers || !was.Target.Topics.SequenceEqual(now.Target.Topics), "G10",
            $"{key}: the same members and topics, and yet partitions move at epoch {now.Epoch}.");
    }

    private void Partition(PartitionRow row, Dictionary<string, ConsumerRow> before, HashSet<string> written)
    {
        var was = _partitions.GetValueOrDefault(row.At) ?? new PartitionRow(row.At);
        _partitions[row.At] = row;
        note($"{key} {row.At}: {Owner(_consumers, row.Owner)?.Name} at {row.Position}, delivered {row.Delivered}, committed {row.Committed}");
        Guarantee.Holds(
            row.AssignmentEpoch >= was.AssignmentEpoch && row.AssignmentEpoch <= (Row?.Epoch ?? 0), "G2",
            $"{key}: {row.At} goes from assignment epoch {was.AssignmentEpoch} to {row.AssignmentEpoch} at {Row?.Epoch}.");
        var owner = Owner(before, was.Owner);
        if (row.Owner != was.Owner && row.Owner.Length > 0)
        {
            Guarantee.Holds(
                Owner(_consumers, was.Owner) is null, "G1", $"{key}: {row.At} was taken from {owner?.Name}, which is a member.");
            Guarantee.Holds(
                Owner(_consumers, row.Owner) is not null, "G1", $"{key}: {row.At} was given to nobody that is a member.");
        }

        // Who acts for a member has its row at stake: so nobody else, and nothing late, moves what it owns.
        Guarantee.Holds(
            owner is null || row == was || written.Contains(owner.Name), "G2",
            $"{key}: {row.At} of {owner?.Name} was changed without it: {was} became {row}.");
        if (row.TopicId.Length > 0)
        {
            Moved(was.TopicId == row.TopicId ? was : new PartitionRow(row.At), row);
        }
    }

    private void Moved(PartitionRow was, PartitionRow row)
    {
        var log = logOf(row.TopicId, row.At.Partition);
        var offsets = Claims.Offsets(row.TopicId, row.At.Partition);
        if (row.Owner.Length > 0 && row.Owner != was.Owner)
        {
            Guarantee.Holds(
                row.Committed >= 0 ? row.Position == row.Committed : row.Position <= log.End, "G4",
                $"{key}: {row.At} was claimed at {row.Position}, and {row.Committed} is committed.");
        }
        else if (row.Owner.Length > 0 && row.Position != was.Position)
        {
            offsets.Advances.Add(new Advance(Owner(_consumers, row.Owner)?.Name ?? "", was.Position, row.Position));
        }

        if (row.Committed != was.Committed || row.Metadata != was.Metadata)
        {
            offsets.Committed(key, row, log);
        }
    }

    private static ConsumerRow? Owner(Dictionary<string, ConsumerRow> consumers, string incarnation) =>
        incarnation.Length == 0 ? null : consumers.Values.FirstOrDefault(consumer => consumer.Incarnation == incarnation);

    private static IEnumerable<string> Incarnations(Dictionary<string, ConsumerRow> consumers) =>
        consumers.Values.Where(consumer => consumer.IsMember).Select(consumer => consumer.Incarnation)
            .Order(StringComparer.Ordinal);
}
