using Serverless.Core;
using Serverless.Core.Groups.Rows;
using Serverless.Core.Storage;
using Serverless.Core.Topics;
using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Audit;

/// <summary>One group's rows as effects made them, each transaction checked against what was before it.</summary>
/// <remarks>Who expects what of the group is told by <see cref="GroupClaims"/>; the rows alone must keep the rest.</remarks>
internal sealed class GroupAudit(
    string key, EventLoop loop, Func<string, int, PartitionAudit> logOf, Func<string, bool> isDeleted, Action<string> note)
{
    private readonly Dictionary<string, ConsumerRow> _consumers = new(StringComparer.Ordinal);
    private readonly Dictionary<TopicPartition, PartitionRow> _partitions = [];

    // Members by incarnation, targets by epoch, and who claimed what at which epoch: all that ever were.
    private readonly Dictionary<string, ConsumerRow> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<int, GroupTarget> _targets = [];
    private readonly Dictionary<(TopicPartition At, int Epoch), string> _owners = [];

    // Instances, by id, that were renewed after their time.
    private readonly HashSet<string> _lapsed = new(StringComparer.Ordinal);

    public GroupClaims Claims { get; } = new();

    public GroupRow? Row { get; private set; }

    public IEnumerable<PartitionRow> Partitions => _partitions.Values;

    public IEnumerable<ConsumerRow> Consumers => _consumers.Values;

    private DateTimeOffset Now => EventLoop.Epoch + loop.Now;

    private IEnumerable<ConsumerRow> Members => _consumers.Values.Where(consumer => consumer.IsMember);

    /// <summary>Whether the instance is there and its time never was over: then nobody may be told that it is unknown.</summary>
    public bool Has(string instance) =>
        _consumers.TryGetValue(instance, out var consumer) && Now <= consumer.Expires && !_lapsed.Contains(consumer.Id);

    /// <summary>What is still to happen until these instances, and no others, share these topics as the target says; null when nothing is.</summary>
    public string? Unsettled(IEnumerable<string> instances, IEnumerable<Topic> topics)
    {
        var target = Row?.Target ?? GroupTarget.Empty;
        var names = Members.Select(member => member.Name).Order(StringComparer.Ordinal);
        return !names.SequenceEqual(instances.Order(StringComparer.Ordinal)) ? $"members are {string.Join(", ", names)}"
            : !target.Topics.Select(topic => (topic.Name, topic.Id, topic.Partitions))
                .SequenceEqual(topics.Select(topic => (topic.Name, topic.Id, topic.Partitions))) ? "the target is of other topics"
            : target.Owners.FirstOrDefault(owner => OwnerNow(owner.Key) != owner.Value) is { Value: not null } open
                ? $"{open.Key} is to go to {open.Value} and has {OwnerNow(open.Key) ?? "nobody"}"
            : null;
    }

    public void Submitted(IReadOnlyList<RowAction> actions)
    {
        if (actions.Any(action => action.Row == GroupRow.RowKey && action.Columns is null))
        {
            // Somebody deleted the group, and whatever follows is another of its name.
            Guarantee.Holds(_consumers.Count == 0, "G7", $"{key} was deleted with {_consumers.Count} instances.");
            Row = null;
            _partitions.Clear();
            _targets.Clear();
            _owners.Clear();
            return;
        }

        var before = new Dictionary<string, ConsumerRow>(_consumers, StringComparer.Ordinal);
        var (former, written) = (Row, new HashSet<string>(StringComparer.Ordinal));
        foreach (var action in actions)
        {
            if (action.Row == GroupRow.RowKey)
            {
                Row = GroupRow.Decode(action.Columns!);
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
        foreach (var action in actions.Where(action => action.Row.StartsWith(PartitionRow.Prefix, StringComparison.Ordinal)))
        {
            if (action.Columns is { } columns)
            {
                Partition(PartitionRow.Decode(columns), before, written);
            }
            else
            {
                Forgotten(_partitions.Values.Single(row => row.RowKey == action.Row));
            }
        }
    }

    // An offset goes with its group or with its topic, and never from under an owner.
    private void Forgotten(PartitionRow row)
    {
        Guarantee.Holds(
            Owner(_consumers, row.Owner) is null && isDeleted(row.TopicId), "G3",
            $"{key}: the row of {row.At} of topic {row.TopicId} was deleted, committed at {row.Committed}.");
        _partitions.Remove(row.At);
        Claims.Offsets(row.TopicId, row.At.Partition).Forgotten();
    }

    private void TakeConsumer(RowAction action, HashSet<string> written)
    {
        if (action.Columns is { } columns)
        {
            var consumer = ConsumerRowCodec.Decode(columns);
            if (_consumers.TryGetValue(consumer.Name, out var was) && was.Id == consumer.Id && Now > was.Expires)
            {
                // Nobody had ended it, so its own request may renew it; another of its requests may just have found it over.
                _lapsed.Add(consumer.Id);
            }

            _consumers[consumer.Name] = consumer;
            written.Add(consumer.Name);
            if (consumer.IsMember)
            {
                _members[consumer.Incarnation] = consumer;
                Guarantee.Holds(
                    consumer.Lease <= Now + consumer.Settings.SessionTimeout, "G9",
                    $"{key}: at {Now} {consumer.Name} was given a lease until {consumer.Lease}, which no right clock gives.");
            }

            return;
        }

        var gone = _consumers.Values.Single(consumer => consumer.RowKey == action.Row);
        _consumers.Remove(gone.Name);
        written.Add(gone.Name);
    }

    // A membership ends by its own wish, or when its lease is over by the one clock that all go by.
    private void Ended(ConsumerRow member)
    {
        if (Owner(_consumers, member.Incarnation) is not null || Claims.MayLeave(member.Name) || Now > member.Lease)
        {
            return;
        }

        Guarantee.Holds(
            Claims.IsReturning(member), "G9", $"{key}: {member.Name} was ended at {Now}, and its lease lasts until {member.Lease}.");
        Guarantee.Holds(
            Members.Any(other => other.MemberId == member.MemberId), "G10",
            $"{key}: {member.Name} is to come back as {member.MemberId}, and its place was given up.");
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

        _targets[now.Epoch] = now.Target;
        note($"{key} epoch {now.Epoch}: {string.Join(", ", now.Target.Owners.Select(owner => $"{owner.Key} {owner.Value}"))}");
        TargetCheck.Valid(key, now, [.. Members]);
        TargetCheck.Fewest(key, was.Target, now);
        var sameMembers = was.Target.Members.Select(member => member.Id).SequenceEqual(now.Target.Members.Select(member => member.Id));
        Guarantee.Holds(
            sameTarget || !sameMembers || !was.Target.Topics.SequenceEqual(now.Target.Topics), "G10",
            $"{key}: the same members and topics, and yet partitions move at epoch {now.Epoch}.");
    }

    private void Partition(PartitionRow row, Dictionary<string, ConsumerRow> before, HashSet<string> written)
    {
        var was = _partitions.GetValueOrDefault(row.At) ?? new PartitionRow(row.At);
        _partitions[row.At] = row;
        note($"{key} {row.At}: {Owner(_consumers, row.Owner)?.Name} at {row.Position}, delivered {row.Delivered}, committed {row.Committed}, epoch {row.AssignmentEpoch}");
        Guarantee.Holds(
            row.AssignmentEpoch >= was.AssignmentEpoch && row.AssignmentEpoch <= (Row?.Epoch ?? 0), "G2",
            $"{key}: {row.At} goes from assignment epoch {was.AssignmentEpoch} to {row.AssignmentEpoch} at {Row?.Epoch}.");
        var owner = Owner(before, was.Owner);
        if (row.Owner != was.Owner && row.Owner.Length > 0)
        {
            Claimed(was, row);
        }

        // Who acts for a member has its row at stake: so nobody else, and nothing late, moves what it owns.
        Guarantee.Holds(
            owner is null || row == was || written.Contains(owner.Name), "G2",
            $"{key}: {row.At} of {owner?.Name} was changed without it: {was} became {row}.");
        if (row.TopicId.Length > 0)
        {
            Moved(was, was.TopicId == row.TopicId ? was : new PartitionRow(row.At), row, owner);
        }
    }

    // Who is served by a process that has not heard of the newest epoch may claim by an older one, and release it again.
    private void Claimed(PartitionRow was, PartitionRow row)
    {
        var claimer = Owner(_consumers, row.Owner);
        Guarantee.Holds(
            Owner(_consumers, was.Owner) is null, "G1",
            $"{key}: {row.At} was taken from {_members.GetValueOrDefault(was.Owner)?.Name}, which is a member.");
        Guarantee.Holds(claimer is not null, "G1", $"{key}: {row.At} was given to nobody that is a member.");
        if (!_owners.TryAdd((row.At, row.AssignmentEpoch), row.Owner))
        {
            Guarantee.Holds(
                _owners[(row.At, row.AssignmentEpoch)] == row.Owner, "G1",
                $"{key}: {row.At} has two owners at assignment epoch {row.AssignmentEpoch}.");
        }

        Guarantee.Holds(
            _targets[row.AssignmentEpoch].Gives(row.At, claimer!.MemberId), "G1",
            $"{key}: {claimer.Name} took {row.At}, which epoch {row.AssignmentEpoch} does not give it.");
    }

    /// <param name="raw">The row before, of whichever topic of that name.</param>
    /// <param name="owner">The member that owned it before.</param>
    private void Moved(PartitionRow raw, PartitionRow was, PartitionRow row, ConsumerRow? owner)
    {
        var log = logOf(row.TopicId, row.At.Partition);
        var offsets = Claims.Offsets(row.TopicId, row.At.Partition);
        if (row.Owner.Length > 0 && row.Owner != was.Owner)
        {
            // Without a commit they all begin at the start of the log, which may have moved on since it was looked up.
            Guarantee.Holds(
                row.Committed >= 0 ? row.Position == row.Committed : row.Position <= log.Start, "G4",
                $"{key}: {row.At} was claimed at {row.Position}, and {row.Committed} is committed; the log starts at {log.Start}.");
            Guarantee.Holds(
                !offsets.IsForgotten, "G4", $"{key}: {row.At} of topic {row.TopicId} was claimed after the group had forgotten it.");
        }
        else if (row.Owner.Length > 0 && row.Position != was.Position)
        {
            var name = Owner(_consumers, row.Owner)?.Name ?? "";
            if (row.Position < was.Position)
            {
                offsets.Sought(key, name, was, row);
            }

            offsets.Advances.Add(new Advance(name, was.Position, row.Position, row.Committed));
        }

        if (row.Committed != was.Committed || row.Metadata != was.Metadata)
        {
            var by = Claims.CommitOf(row.Metadata);
            MayCommit(raw, row, by, owner);
            offsets.Committed(key, was, row, by, log);
        }
    }

    // Without a tag it is what a poll delivered, and the owner's. With one it is of the owner, or of who had it last before
    // nobody did; an operator's, where no member owns it.
    private void MayCommit(PartitionRow was, PartitionRow row, CommitClaim? by, ConsumerRow? owner)
    {
        Guarantee.Holds(
            by is not null || row.Metadata.Length == 0, "A1", $"{key}: nobody asked for the commit {row.Metadata}.");
        Guarantee.Holds(by is not { IsRefused: true }, "A1", $"{key}: the commit {row.Metadata} was refused for good, and then made.");
        Guarantee.Holds(
            by is null ? owner is not null : owner is null || owner.Name == by.Instance, "G2",
            $"{key}: {row.At} of {owner?.Name ?? "nobody"} was committed at {row.Committed} by {by?.Instance ?? "nobody"}.");
        Guarantee.Holds(
            owner is not null || by?.Instance is null || was.AssignmentEpoch == 0 || was.TopicId != row.TopicId
            || _members.GetValueOrDefault(was.Owner)?.Name == by.Instance, "G2",
            $"{key}: {row.At} was committed at {row.Committed} by {by?.Instance}, and others have had it since.");
    }

    private string? OwnerNow(TopicPartition at) =>
        _partitions.TryGetValue(at, out var row) ? Owner(_consumers, row.Owner)?.MemberId : null;

    private static ConsumerRow? Owner(Dictionary<string, ConsumerRow> consumers, string incarnation) =>
        incarnation.Length == 0 ? null : consumers.Values.FirstOrDefault(consumer => consumer.Incarnation == incarnation);

    private static IEnumerable<string> Incarnations(Dictionary<string, ConsumerRow> consumers) =>
        consumers.Values.Where(consumer => consumer.IsMember).Select(consumer => consumer.Incarnation)
            .Order(StringComparer.Ordinal);
}
