using Serverless.Core;
using Serverless.Core.Groups.Rows;
using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Audit;

/// <summary>One partition of what a delivery is about: which of its records have had their effect, and under which keys they came.</summary>
internal sealed class DeliveredLog(TopicPartition at, string topicId, PartitionAudit log, Func<WrittenRecord, bool> counts)
{
    private readonly HashSet<long> _effects = [];
    private readonly Dictionary<long, string> _keys = [];
    private readonly SortedList<long, DeliveredRange> _ranges = [];
    private readonly Dictionary<long, List<WrittenRecord>> _written = [];
    private long _doneTo;

    public TopicPartition At => at;

    public string TopicId => topicId;

    public PartitionAudit Log => log;

    /// <summary>Where the delivery began: what lies below is no business of its.</summary>
    public long Start { get; set; }

    /// <summary>The group's row as the last effect left it.</summary>
    public PartitionRow Row { get; set; } = new(at);

    /// <summary>Records that the target does not take.</summary>
    public Func<long, bool> IsLeftOut { get; init; } = _ => false;

    public IEnumerable<DeliveredRange> Ranges => _ranges.Values;

    public DeliveredRange? RangeAt(long first) => CollectionExtensions.GetValueOrDefault(_ranges, first);

    /// <summary>Whether nothing is to happen to the record any more: it had its effect, is a dead letter or a copy, or never was to be sent.</summary>
    public bool IsDone(long offset) =>
        offset < log.Start || !log.IsCommitted(offset) || _effects.Contains(offset) || IsLeftOut(offset) || Counted(offset).Any();

    public bool HadEffect(long offset) => _effects.Contains(offset);

    /// <summary>Copies or dead letters of the record that count.</summary>
    public IEnumerable<WrittenRecord> Counted(long offset) => _written.GetValueOrDefault(offset)?.Where(counts) ?? [];

    public void Written(long offset, WrittenRecord record)
    {
        if (!_written.TryGetValue(offset, out var all))
        {
            all = _written[offset] = [];
        }

        all.Add(record);
    }

    /// <summary>The first record before an offset that still waits for its effect; null where none does.</summary>
    public long? FirstUndoneBefore(long offset)
    {
        _doneTo = Math.Max(_doneTo, Start);
        while (_doneTo < offset && IsDone(_doneTo))
        {
            _doneTo++;
        }

        return _doneTo < offset ? _doneTo : null;
    }

    /// <summary>A batch is on its way: a range has one key, a key one range, and no record is in two of them.</summary>
    public void Sent(string key, long first, long next, IReadOnlyList<long> offsets)
    {
        var range = RangeAt(first);
        Guarantee.Holds(
            range is null || (range.Next, range.Key) == (next, key), "D2",
            $"{at}: {first} to {next} comes as {key}, and came to {range?.Next} as {range?.Key}.");
        if (range is null)
        {
            var other = _ranges.Values.FirstOrDefault(one => one.First < next && first < one.Next);
            Guarantee.Holds(
                other is null, "D2", $"{at}: {first} to {next} is sent, which meets {other?.First} to {other?.Next} that was sent before.");
            Guarantee.Holds(_ranges.Values.All(one => one.Key != key), "D2", $"{at}: two ranges have the key {key}.");
            _ranges.Add(first, new DeliveredRange(first, next, key));
        }

        foreach (var offset in offsets)
        {
            Guarantee.Holds(
                _keys.TryAdd(offset, key) || _keys[offset] == key, "D2", $"{at}: {offset} comes under {key}, and came under {_keys[offset]}.");
        }
    }

    /// <summary>Records have their effect, which they had not before; and all that is before them is done.</summary>
    public void Affected(IReadOnlyList<long> offsets)
    {
        if (offsets.Count == 0)
        {
            return;
        }

        var undone = FirstUndoneBefore(offsets[0]);
        Guarantee.Holds(
            undone is null, "D3", $"{at}: {offsets[0]} to {offsets[^1]} have their effect, and {undone} before them has had none.");
        foreach (var offset in offsets)
        {
            Guarantee.Holds(_effects.Add(offset), "D4", $"{at}: {offset} has its effect for a second time.");
        }
    }
}

/// <summary>What was sent under one key.</summary>
internal sealed class DeliveredRange(long first, long next, string key)
{
    public long First => first;

    public long Next => next;

    public string Key => key;

    public bool HadEffect { get; set; }

    /// <summary>Attempts of whose failure a worker has been told.</summary>
    public int Failures { get; set; }

    public TimeSpan? FirstFailureAt { get; set; }
}

/// <summary>A record that a delivery wrote to another topic, in a transaction.</summary>
internal readonly record struct WrittenRecord(string TopicId, int Partition, long Offset, long ProducerId, short ProducerEpoch, bool IsLetter);
