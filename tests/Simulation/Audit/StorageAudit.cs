using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;
using Serverless.Core.Topics;
using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Audit;

/// <summary>Looks at storage after each effect, whoever caused it and whether or not anyone is told.</summary>
internal sealed class StorageAudit(EventLoop loop, Action<string> note)
{
    private readonly Dictionary<(string TopicId, int Partition), PartitionAudit> _partitions = [];
    private readonly Dictionary<string, Send> _sends = new(StringComparer.Ordinal);

    private readonly Dictionary<string, GroupAudit> _groups = new(StringComparer.Ordinal);

    public TopicAudit Topics { get; } = new();

    public TransactionAudit Transactions { get; } = new();

    /// <summary>Set where a delivery is at work.</summary>
    public DeliveryAudit? Delivery { get; set; }

    /// <summary>How far the clocks may be off that retention and producers go by.</summary>
    public TimeSpan ClockSlack { get; init; } = TimeSpan.FromSeconds(2);

    public IEnumerable<(string TopicId, int Partition)> Partitions => _partitions.Keys;

    public PartitionAudit Of(string topicId, int partition)
    {
        if (!_partitions.TryGetValue((topicId, partition), out var audit))
        {
            audit = _partitions[(topicId, partition)] = new PartitionAudit(
                topicId, partition, _sends, Transactions, (header, values) => Delivery?.Written(topicId, partition, header, values));
            Transactions.Logs.Add(audit);
        }

        return audit;
    }

    public GroupAudit Group(string name)
    {
        var key = KeyEncoding.Encode(name);
        if (!_groups.TryGetValue(key, out var audit))
        {
            audit = _groups[key] = new GroupAudit(key, loop, Of, Topics.IsDeleted, note);
        }

        return audit;
    }

    public Send? SendOf(string value) => _sends.GetValueOrDefault(value);

    public void Sending(Send send)
    {
        foreach (var value in send.Values)
        {
            _sends.Add(value, send);
        }
    }

    public void Created(string blob, CreateOutcome outcome)
    {
        if (outcome == CreateOutcome.Created)
        {
            PartitionOf(blob).Created(Layout.BaseOffset(blob));
        }
    }

    public void Appended(string blob, long position, ReadOnlySpan<byte> block, AppendResult result)
    {
        if (result.Outcome == AppendOutcome.Appended)
        {
            PartitionOf(blob).Appended(Layout.BaseOffset(blob), position, block);
        }
    }

    public void Deleted(string blob, DeleteOutcome outcome)
    {
        if (outcome == DeleteOutcome.Deleted)
        {
            PartitionOf(blob).Deleted(Layout.BaseOffset(blob));
        }
    }

    public void Submitted(string table, string partition, IReadOnlyList<RowAction> actions, SubmitResult result)
    {
        if (result.Outcome != SubmitOutcome.Committed)
        {
            return;
        }

        Delivery?.Submitted(table, partition, actions);
        if (table == Layout.GroupsTable && _groups.TryGetValue(partition, out var group))
        {
            group.Submitted(actions);
        }

        foreach (var action in actions)
        {
            if (table == Layout.TopicsTable)
            {
                Topics.Written(partition, action);
            }
            else if (table == Layout.CheckpointsTable && action.Columns is { } columns)
            {
                Checkpointed(partition, new StoredRow(new RowKey(partition, action.Row), "audit", columns));
            }
        }
    }

    private void Checkpointed(string key, StoredRow row)
    {
        var bar = key.IndexOf('|', StringComparison.Ordinal);
        var topicId = key[..bar];
        var partition = Of(topicId, int.Parse(key[(bar + 1)..], System.Globalization.CultureInfo.InvariantCulture));
        if (row.Key.Row == LogStartRow.Row)
        {
            var settings = Topics.SettingsOf(topicId);
            partition.Started(
                LogStartRow.Decode(row),
                record => settings.Any(setting => IsOld(record, setting)),
                bytesBehind => settings.Any(setting => setting.RetentionBytes is { } limit && bytesBehind >= limit));
        }
        else if (row.Key.Row.StartsWith(CheckpointRow.Prefix, StringComparison.Ordinal))
        {
            partition.Checkpointed(CheckpointRow.Decode(row));
        }
    }

    private bool IsOld(AuditedRecord record, TopicSettings settings) =>
        settings.RetentionMs is { } ms
        && (EventLoop.Epoch + loop.Now + ClockSlack).ToUnixTimeMilliseconds() - record.TimestampMs > ms;

    private PartitionAudit PartitionOf(string blob)
    {
        var parts = blob.Split('/');
        return Of(parts[0], int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));
    }
}
