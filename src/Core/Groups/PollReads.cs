using Serverless.Core.Groups.Rows;
using Serverless.Core.Log;

namespace Serverless.Core.Groups;

/// <summary>Reads what a poll may deliver, partition by partition in turn, until it has enough.</summary>
internal sealed class PollReads(
    PartitionMarks marks, GroupOptions options, Dictionary<(TopicPartition At, long From), long> behind, PollLimits limits)
{
    // A fetch brings whole batches, which are a little larger than what they deliver.
    private const int BatchRoomBytes = 64 * 1024;

    private readonly List<PartitionPosition> _waitsFor = [];
    private readonly HashSet<TopicPartition> _pending = [];
    private int _room = Commits.PartitionsMax;

    public PollSelection Selection { get; } = new(limits);

    /// <summary>Topics that are not readable are passed over; null where all are.</summary>
    public Predicate<string>? Readable { get; init; }

    /// <summary>Where something new would be of use.</summary>
    public IReadOnlyList<PartitionPosition> WaitsFor => _waitsFor;

    /// <returns>The error that ends the poll; null when there is none.</returns>
    public async ValueTask<PollAnswer?> ReadAsync(Ready<PollAnswer> ready, CancellationToken cancellationToken)
    {
        var readings = PollProtocol.Readings(ready.Draft, ready.Consumer, ready.Topics);
        if (Readable is { } readable)
        {
            readings = [.. readings.Where(reading => readable(reading.At.Topic))];
        }

        LeaveRoomForCommits(ready);
        for (var from = 0; from < readings.Count && !Selection.IsOver; from += options.ReadsAtOnceMax)
        {
            var some = readings.Skip(from).Take(options.ReadsAtOnceMax).ToList();
            if (await ResolveAsync(ready.Consumer, some, cancellationToken) is { } unresolved)
            {
                return unresolved;
            }

            var bytesMax = (int)Math.Min(options.PartitionFetchBytesMax, Selection.BytesLeft + BatchRoomBytes);
            var fetches = await marks.FetchAsync(
                [.. some.Select(reading => new PartitionPosition(reading.Topic, reading.At.Partition, reading.Position))],
                bytesMax, limits.Isolation, cancellationToken);
            for (var index = 0; index < some.Count; index++)
            {
                if (await OfferAsync(ready.Consumer, some[index], fetches[index], bytesMax, cancellationToken) is { } failure)
                {
                    return failure;
                }
            }
        }

        return null;
    }

    // One transaction moves so many partitions, with what earlier polls left to commit; how many are read is another matter, as
    // those that come behind would never be served.
    private void LeaveRoomForCommits(Ready<PollAnswer> ready)
    {
        if (!Commits.IsAutomatic(ready.Consumer))
        {
            return;
        }

        _pending.UnionWith(ready.Draft.OwnedBy(ready.Consumer).Where(row => row.Delivered >= 0).Select(row => row.At)
            .Concat(ready.Consumer.Manual.Where(manual => manual.Delivered >= 0).Select(manual => manual.At))
            .Take(Commits.PartitionsMax));
        _room -= _pending.Count;
    }

    private async ValueTask<PollAnswer?> OfferAsync(
        ConsumerRow consumer, Reading reading, FetchAnswer fetched, int bytesMax, CancellationToken cancellationToken)
    {
        var takesRoom = !_pending.Contains(reading.At);
        if (Selection.IsOver || (takesRoom && _room == 0))
        {
            Selection.PassOver(reading, fetched);
            return null;
        }

        if (fetched.Error == ErrorCode.OffsetOutOfRange)
        {
            var reset = consumer.Settings.AutoOffsetReset switch
            {
                AutoOffsetReset.Earliest => fetched.Offsets.LogStartOffset,
                AutoOffsetReset.Latest => fetched.Offsets.EndFor(limits.Isolation),
                _ => -1,
            };
            if (reset < 0)
            {
                return new(ErrorCode.OffsetOutOfRange, [], false, "The position is outside of the log.", reading.At, reading.Position);
            }

            reading = reading with { Position = reset };
            fetched = (await marks.FetchAsync(
                [new(reading.Topic, reading.At.Partition, reset)], bytesMax, limits.Isolation, cancellationToken))[0];
        }

        // The topic went meanwhile, or its start moved again: the next look will tell.
        if (fetched.Error == ErrorCode.None)
        {
            var (records, moved) = (Selection.Records, Selection.Progress.Count);
            var next = Selection.Offer(reading, fetched);
            _room -= takesRoom && Selection.Progress.Count > moved ? 1 : 0;
            _waitsFor.Add(new(reading.Topic, reading.At.Partition, next));
            if (records == Selection.Records && !Selection.IsOver)
            {
                Remember(reading);
            }
        }

        return null;
    }

    private void Remember(Reading reading)
    {
        if (Selection.Progress.Count > 0 && Selection.Progress[^1] is var last && last.At == reading.At)
        {
            behind[(reading.At, reading.From)] = last.To;
        }
    }

    private async ValueTask<PollAnswer?> ResolveAsync(
        ConsumerRow consumer, List<Reading> readings, CancellationToken cancellationToken)
    {
        for (var index = 0; index < readings.Count; index++)
        {
            var reading = readings[index];
            if (behind.TryGetValue((reading.At, reading.From), out var next))
            {
                readings[index] = reading with { Position = next };
            }
            else if (reading.Position < 0 && consumer.Settings.AutoOffsetReset == AutoOffsetReset.None)
            {
                return new(
                    ErrorCode.InvalidRequest, [], false,
                    $"There is no committed offset for {reading.At}, and auto.offset.reset is none.", reading.At);
            }
            else if (reading.Position < 0)
            {
                // It did not exist when it was assigned, so all of it came later: `latest` is its beginning too.
                var offsets = await marks.OffsetsAsync([new(reading.Topic, reading.At.Partition, 0)], cancellationToken);
                readings[index] = reading with { Position = offsets[0].LogStartOffset };
            }
        }

        return null;
    }
}
