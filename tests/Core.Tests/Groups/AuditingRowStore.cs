using Serverless.Core.Groups.Rows;
using Serverless.Core.Storage;
using Xunit;

namespace Serverless.Core.Tests.Groups;

/// <summary>Records moved from one offset to the next in storage, on behalf of a consumer.</summary>
internal readonly record struct Moved(TopicPartition At, long From, long To);

/// <summary>Sits right at the storage and holds each change of a group against the invariants, when it takes effect.</summary>
internal sealed class AuditingRowStore(IRowStore rows, string group) : IRowStore
{
    private readonly Dictionary<string, PartitionRow> _partitions = [];
    private readonly Dictionary<string, ConsumerRow> _consumers = [];
    private readonly Dictionary<TopicPartition, long> _deliveredTo = [];
    private GroupRow? _group;

    /// <summary>All that was moved over, in the order in which it took effect.</summary>
    public List<Moved> Moves { get; } = [];

    public GroupRow? Group => _group;

    public IEnumerable<ConsumerRow> Members => _consumers.Values.Where(consumer => consumer.IsMember);

    public IEnumerable<PartitionRow> Partitions => _partitions.Values;

    public ValueTask<RowRead> GetAsync(string table, RowKey key, CancellationToken cancellationToken) =>
        rows.GetAsync(table, key, cancellationToken);

    public ValueTask<RowPage> QueryAsync(string table, RowQuery query, CancellationToken cancellationToken) =>
        rows.QueryAsync(table, query, cancellationToken);

    public async ValueTask<SubmitResult> SubmitAsync(
        string table, string partition, IReadOnlyList<RowAction> actions, CancellationToken cancellationToken)
    {
        var result = await rows.SubmitAsync(table, partition, actions, cancellationToken);
        if (result.Outcome == SubmitOutcome.Committed && partition == KeyEncoding.Encode(group))
        {
            foreach (var action in actions.Where(action => action.Row[0] == 'c'))
            {
                _consumers.Remove(action.Row);
                if (action.Columns is { } columns)
                {
                    _consumers.Add(action.Row, ConsumerRowCodec.Decode(columns));
                }
            }

            foreach (var action in actions.Where(action => action.Row == GroupRow.RowKey))
            {
                OnGroup(GroupRow.Decode(action.Columns!));
            }

            foreach (var action in actions.Where(action => action.Row[0] == 'o'))
            {
                OnPartition(action.Row, PartitionRow.Decode(action.Columns!));
            }

            // G7: the members are always those of the epoch's target.
            Assert.Equal(
                Members.Select(member => (member.MemberId, member.Incarnation)).Order(),
                (_group?.Target.Members ?? []).Select(member => (member.Id, member.Incarnation)));
        }

        return result;
    }

    // G6 and G7: epochs only grow, each has one target, and that is valid and balanced.
    private void OnGroup(GroupRow row)
    {
        var before = _group ?? new GroupRow(row.Name);
        _group = row;
        Assert.True(row.Epoch >= before.Epoch);
        if (row.Epoch == before.Epoch)
        {
            Assert.Equal(GroupTargetCodec.Encode(before.Target), GroupTargetCodec.Encode(row.Target));
            return;
        }

        var loads = row.Target.Members.Select(member => row.Target.Of(member.Id).Count).ToList();
        Assert.Equal(row.Target.Topics.Sum(topic => topic.Partitions), loads.Sum());
        Assert.True(loads.Count == 0 || loads.Max() - loads.Min() <= 1);
    }

    private void OnPartition(string key, PartitionRow row)
    {
        var before = _partitions.GetValueOrDefault(key) ?? new PartitionRow(row.At);
        _partitions[key] = row;
        Assert.True(row.AssignmentEpoch >= before.AssignmentEpoch, "The assignment epoch falls.");
        if (row.Owner == before.Owner && row.AssignmentEpoch == before.AssignmentEpoch)
        {
            OnProgress(before, row);
        }
        else if (row.Owner.Length > 0)
        {
            // G1: nobody takes what a live member owns. The new owner is a member, and starts at the commit.
            Assert.DoesNotContain(Members, member => member.Incarnation == before.Owner && before.Owner != row.Owner);
            Assert.Contains(Members, member => member.Incarnation == row.Owner);
            Assert.Equal(Math.Max(0, row.Committed), row.Position);
            Assert.Equal(before.Committed, row.Committed);
        }

        // G3 and G5: commits do not go back, as nobody does so on purpose here, nor beyond what was delivered.
        Assert.True(row.Committed >= before.Committed, "A commit goes back.");
        Assert.True(row.Committed <= _deliveredTo.GetValueOrDefault(row.At, -1), "What was not delivered is committed.");
    }

    private void OnProgress(PartitionRow before, PartitionRow row)
    {
        Assert.True(row.Position >= before.Position, "A position goes back.");
        if (row.Position > before.Position)
        {
            // G1: whoever moves it is a member.
            Assert.Contains(Members, member => member.Incarnation == row.Owner);
            Moves.Add(new(row.At, before.Position, row.Position));
            _deliveredTo[row.At] = Math.Max(_deliveredTo.GetValueOrDefault(row.At, -1), row.Position);
        }
    }
}
