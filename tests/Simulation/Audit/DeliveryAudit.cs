using System.Globalization;
using System.Text;
using Serverless.Core;
using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Core.Groups.Rows;
using Serverless.Core.Log;
using Serverless.Core.Records;
using Serverless.Core.Storage;
using Serverless.Core.Transactions;
using Serverless.Core.Transactions.Rows;
using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Audit;

/// <summary>One group's delivery: what was sent, what it did, what was written, and how the group moved on, at the effect of each.</summary>
internal sealed class DeliveryAudit(string group, StorageAudit storage, EventLoop loop)
{
    private readonly string _key = KeyEncoding.Encode(group);
    private readonly Dictionary<(string TopicId, int Partition), DeliveredLog> _logs = [];
    private readonly Dictionary<(long ProducerId, short Epoch), bool> _decided = [];
    private readonly Dictionary<(long ProducerId, short Epoch), List<(DeliveredLog From, long Offset, WrittenRecord Record)>> _written = [];
    private readonly SortedDictionary<string, ConsumerRow> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <summary>The name of the dead-letter topic, and of the one that records are copied to.</summary>
    public const string Letters = "letters", Copies = "copies";

    /// <summary>Whether the delivery is stored: until then whoever makes it may set where it begins.</summary>
    public bool IsMade { get; private set; }

    public bool IsPaused { get; private set; }

    /// <summary>Which values a copy takes; null where nothing is copied.</summary>
    public Func<string, bool>? IsCopied { get; init; }

    /// <summary>Settings that the delivery may have had, at one time or another.</summary>
    public List<RetryPolicy> Policies { get; } = [];

    public IEnumerable<DeliveredLog> Logs => _logs.Values;

    public IReadOnlyCollection<ConsumerRow> Consumers => _members.Values;

    public long Sent { get; private set; }

    public long Affected { get; private set; }

    public int Buried { get; private set; }

    public DeliveredLog Of(string topicId, TopicPartition at)
    {
        if (!_logs.TryGetValue((topicId, at.Partition), out var delivered))
        {
            var log = storage.Of(topicId, at.Partition);
            delivered = _logs[(topicId, at.Partition)] = new DeliveredLog(at, topicId, log, Counts)
            {
                IsLeftOut = offset => IsCopied?.Invoke(log.Records[(int)offset].Value) == false,
            };
        }

        return delivered;
    }

    /// <summary>A batch is on its way to the target.</summary>
    public DeliveredBatch Sends(DeliveryBatch batch) =>
        Sends(Of(batch.TopicId, batch.At), batch.Key, batch.FirstOffset, batch.NextOffset, DeliveredRecord.Of(batch.Slice));

    /// <summary>The same of a handler, which is not told its range: from its first record to its last.</summary>
    public DeliveredBatch Handles(TopicPartition at, string key, IReadOnlyList<DeliveredRecord> records)
    {
        var log = Of(storage.Topics.Find(at.Topic)!.Id, at);
        var known = log.Ranges.FirstOrDefault(range => range.Key == key);
        return Sends(log, key, known?.First ?? records[0].Offset, records[^1].Offset + 1, records);
    }

    /// <summary>The batch does what it is to do: once for each key, as a good receiver sees to it.</summary>
    public void Effect(DeliveredBatch batch)
    {
        if (!batch.Range.HadEffect)
        {
            batch.Range.HadEffect = true;
            Affect(batch.Log, batch.Offsets);
        }
    }

    /// <summary>A worker is told that an attempt has failed.</summary>
    public void Failed(DeliveredBatch batch)
    {
        batch.Range.Failures++;
        batch.Range.FirstFailureAt ??= loop.Now;
    }

    /// <summary>A batch that the service writes itself; null where clients write to that topic.</summary>
    public Send? Written(string topicId, int partition, in RecordBatchHeader header, IReadOnlyList<string> values)
    {
        var isLetter = storage.Topics.Find(Letters)?.Id == topicId;
        if (!isLetter && storage.Topics.Find(Copies)?.Id != topicId)
        {
            return null;
        }

        var what = isLetter ? "dead letter" : "copy";
        Guarantee.Holds(header.IsTransactional, isLetter ? "D5" : "D4", $"A {what} of {values[0]} is in no transaction.");
        var transaction = (header.ProducerId, header.ProducerEpoch);
        if (!_written.TryGetValue(transaction, out var all))
        {
            all = _written[transaction] = [];
        }

        for (var index = 0; index < values.Count; index++)
        {
            Guarantee.Holds(storage.SendOf(values[index]) is { At: >= 0 }, "D1", $"Nobody sent the {what} {values[index]}.");
            var send = storage.SendOf(values[index])!;
            var from = Of(send.TopicId, new(storage.Topics.Live.First(topic => topic.Id == send.TopicId).Name, send.Partition));
            var offset = send.At + send.Values.ToList().IndexOf(values[index]);
            Guarantee.Holds(from.Log.IsCommitted(offset), "D1", $"{from.At}: the {what} of {offset} was written, which is not committed.");
            var record = new WrittenRecord(
                topicId, partition, header.BaseOffset + index, header.ProducerId, header.ProducerEpoch, isLetter);
            from.Written(offset, record);
            all.Add((from, offset, record));
        }

        return new Send("delivery", topicId, partition, -1, values)
        {
            Identity = new AppendIdentity.Transaction(header.ProducerId, header.ProducerEpoch, null),
            At = header.BaseOffset,
        };
    }

    public void Submitted(string table, string partition, IReadOnlyList<RowAction> actions)
    {
        if (table == Layout.DeliveriesTable)
        {
            foreach (var action in actions.Where(action => action.Row.StartsWith(DeliveryRow.Prefix, StringComparison.Ordinal)))
            {
                IsMade = action.Columns is not null;
                IsPaused = action.Columns is { } columns && (bool)columns["paused"];
            }
        }
        else if (table == Layout.TransactionsTable)
        {
            foreach (var action in actions.Where(action => action.Columns is { } columns && columns.ContainsKey("producerEpoch")))
            {
                Decided(TransactionRowCodec.Decode(new StoredRow(new RowKey(partition, action.Row), "audit", action.Columns!)));
            }
        }
        else if (table == Layout.GroupsTable && partition == _key)
        {
            Moved(actions);
        }
    }

    // A transaction whose first record is gone by retention holds nobody up.
    private static bool IsDecided(PartitionAudit log, long offset) => offset <= log.LastStable || log.LastStable < log.Start;

    private DeliveredBatch Sends(DeliveredLog log, string key, long first, long next, IReadOnlyList<DeliveredRecord> records)
    {
        Sent++;
        var audited = log.Log;
        Guarantee.Holds(
            records.Count > 0 && IsDecided(audited, next), "D1",
            $"{log.At}: {first} to {next} is sent, {records.Count} records of it, and only below {audited.LastStable} all is decided.");
        foreach (var record in records)
        {
            Guarantee.Holds(
                record.Offset >= first && record.Offset < next && audited.IsCommitted(record.Offset), "D1",
                $"{log.At}: {record.Offset} is sent in {first} to {next}, and is not committed, or not of it.");
            Guarantee.Holds(
                audited.Records[(int)record.Offset].Value == Encoding.UTF8.GetString(record.Value!.Value.Span), "D2",
                $"{log.At}: {record.Offset} is sent as {Encoding.UTF8.GetString(record.Value!.Value.Span)}.");
        }

        List<long> offsets = [.. records.Select(record => record.Offset)];
        for (var offset = Math.Max(first, Math.Min(audited.Start, offsets[0])); offset < next; offset++)
        {
            Guarantee.Holds(
                offsets.Contains(offset) || !audited.IsCommitted(offset), "D2",
                $"{log.At}: {first} to {next} is sent without {offset}, which is committed and still there.");
        }

        log.Sent(key, first, next, offsets);
        return new DeliveredBatch(log, log.RangeAt(first)!, offsets);
    }

    private void Affect(DeliveredLog log, IReadOnlyList<long> offsets)
    {
        Affected += offsets.Count;
        log.Affected(offsets);
    }

    private bool Counts(WrittenRecord record) => _decided.GetValueOrDefault((record.ProducerId, record.ProducerEpoch));

    // From here on it counts: what is in it is in no other, it is of the range that the group stands at, and takes the group behind that.
    private void Decided(TransactionRow row)
    {
        if (!row.IsDecided || !_decided.TryAdd((row.Decided.ProducerId, row.Decided.ProducerEpoch), row.State == TransactionState.PrepareCommit)
            || row.State != TransactionState.PrepareCommit
            || !_written.TryGetValue((row.Decided.ProducerId, row.Decided.ProducerEpoch), out var written))
        {
            return;
        }

        foreach (var (from, offset, record) in written)
        {
            var rule = record.IsLetter ? "D5" : "D4";
            Guarantee.Holds(
                from.Counted(offset).Count(other => other.IsLetter == record.IsLetter) == 1, rule,
                $"{from.At}: {offset} is written for a second time, {(record.IsLetter ? "as a dead letter" : "as a copy")}.");
            Guarantee.Holds(
                from.Row.Pending is { } pending && pending.Transaction == row.Decided && offset < pending.Offset
                && offset >= from.Row.Committed, rule,
                $"{from.At}: {offset} is written in {row.Decided}, which does not take the group from {from.Row.Committed} behind it.");
        }

        if (written[0].Record.IsLetter)
        {
            Bury(written[0].From, [.. written.Select(one => one.Offset)]);
        }
    }

    private void Bury(DeliveredLog from, IReadOnlyList<long> offsets)
    {
        Buried++;
        var next = from.Row.Pending!.Offset;
        var range = from.Ranges.FirstOrDefault(range => range.First <= offsets[0] && offsets[0] < range.Next);
        Guarantee.Holds(
            range is not null && offsets[^1] < range.Next && offsets[^1] < next, "D5",
            $"{from.At}: {offsets[0]} to {offsets[^1]} are dead letters, and were never sent as such a range.");
        Guarantee.Holds(
            Policies.Any(policy => policy.IsOver(
                range!.Failures, EventLoop.Epoch + (range.FirstFailureAt ?? loop.Now), EventLoop.Epoch + loop.Now + TimeSpan.FromSeconds(2))),
            "D5", $"{from.At}: {offsets[0]} to {offsets[^1]} are dead letters after {range!.Failures} attempts that failed.");
    }

    private void Moved(IReadOnlyList<RowAction> actions)
    {
        var rows = actions.Where(action => action.Row.StartsWith(PartitionRow.Prefix, StringComparison.Ordinal)).ToList();
        foreach (var action in rows)
        {
            Guarantee.Holds(action.Columns is not null, "D6", $"{action.Row} of the group is deleted.");
        }

        var moved = rows.ConvertAll(action => PartitionRow.Decode(action.Columns!));
        foreach (var action in actions)
        {
            if (action.Row.StartsWith(ConsumerRow.Prefix, StringComparison.Ordinal))
            {
                Changed(action);
            }
            else if (action.Row.StartsWith(EffectRows.Prefix, StringComparison.Ordinal))
            {
                Counted(action, moved);
            }
        }

        foreach (var row in moved.Where(row => row.TopicId.Length > 0))
        {
            var log = Of(row.TopicId, row.At);
            var was = log.Row;
            log.Row = row;
            if (row.Committed != was.Committed)
            {
                Passed(log, was.Committed, row.Committed);
            }
        }
    }

    private void Passed(DeliveredLog log, long from, long to)
    {
        Guarantee.Holds(to >= from, "D6", $"{log.At}: the group goes back from {from} to {to}.");
        if (!IsMade)
        {
            log.Start = to;
            return;
        }

        Guarantee.Holds(
            IsDecided(log.Log, to), "D6", $"{log.At}: the group goes on to {to}, and only below {log.Log.LastStable} all is decided.");
        var undone = log.FirstUndoneBefore(to);
        Guarantee.Holds(
            undone is null, "D6", $"{log.At}: the group goes on from {from} to {to}, and {undone} has had no effect.");
    }

    // A handler's own row: what it counts is counted in the very transaction that moves the group on.
    private void Counted(RowAction action, List<PartitionRow> moved)
    {
        var columns = action.Columns!;
        var count = (long)columns["count"];
        var was = _counts.GetValueOrDefault(action.Row);
        _counts[action.Row] = count;
        if (!columns.TryGetValue("offsets", out var told))
        {
            return;
        }

        var offsets = ((string)told).Split(',').Select(offset => long.Parse(offset, CultureInfo.InvariantCulture)).ToList();
        Guarantee.Holds(count == was + offsets.Count, "D4", $"{action.Row} goes from {was} to {count} by {offsets.Count} records.");
        var row = moved.Find(row => row.At.ToString() == (string)columns["at"]);
        Guarantee.Holds(
            row is not null && row.Committed > offsets[^1], "D4", $"{columns["at"]}: {told} are counted, and the group does not move on with them.");
        var log = Of(row!.TopicId, row.At);
        Guarantee.Holds(
            log.Row.Committed <= offsets[0], "D4", $"{row.At}: {told} are counted, and the group was at {log.Row.Committed} already.");
        Affect(log, offsets);
    }

    private void Changed(RowAction action)
    {
        _members.Remove(action.Row);
        if (action.Columns is { } columns)
        {
            _members[action.Row] = ConsumerRowCodec.Decode(columns);
        }
    }

    /// <summary>What a handler has counted in its rows of a partition.</summary>
    public long CountOf(string row) =>
        _counts.GetValueOrDefault(EffectRows.KeyOf(group, row).Row);
}

/// <summary>A batch that was sent.</summary>
internal sealed record DeliveredBatch(DeliveredLog Log, DeliveredRange Range, IReadOnlyList<long> Offsets);
