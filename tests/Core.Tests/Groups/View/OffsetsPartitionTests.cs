using Serverless.Core.Groups.Rows;
using Serverless.Core.Groups.View;
using Serverless.Core.Log;
using Serverless.Core.Records;
using Xunit;

namespace Serverless.Core.Tests.Groups.View;

public sealed class OffsetsPartitionTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1_767_225_600_000);

    [Fact]
    public void A_later_commit_is_behind_an_earlier_one_and_a_replaced_one_is_gone()
    {
        var before = Read(At(10, ("g", 0, 0), ("g", 1, 5)));
        var after = Read(At(10, ("g", 0, 7), ("g", 1, 5)));

        Assert.Equal([0, 1], before.Select(one => one.Partition));
        Assert.Equal([1, 0], after.Select(one => one.Partition));
        Assert.True(after[^1].Offset > before[^1].Offset);
        Assert.Equal(before[^1].Offset, after[0].Offset);
        Assert.Equal((Start.ToUnixTimeMilliseconds() + 7) << 12, after[^1].Offset & ~0xfffL);
    }

    [Fact]
    public void What_is_younger_than_the_horizon_or_no_commit_is_not_shown()
    {
        var shown = Read(OffsetsPartition.Of(
            [("g", Row(0, 10)), ("g", Row(1, 11)), ("g", Row(2, 5) with { Committed = -1 })], Start.AddMilliseconds(10)));

        Assert.Equal([0], shown.Select(one => one.Partition));
    }

    [Fact]
    public void Whatever_commits_meet_each_has_an_offset_of_its_own_that_only_grows_when_others_go()
    {
        var random = new Random(7);
        for (var round = 0; round < 4; round++)
        {
            // More than there are places for, in two milliseconds.
            var rows = Enumerable.Range(0, 10_000).Select(partition => ("g", Row(partition, random.Next(2)))).ToArray();
            random.Shuffle(rows);
            var all = Read(OffsetsPartition.Of(rows, Start.AddSeconds(1)));
            var fewer = Read(OffsetsPartition.Of(rows.Skip(random.Next(10_000)), Start.AddSeconds(1)))
                .ToDictionary(one => one.Partition, one => one.Offset);

            Assert.Equal(10_000, all.Select(one => one.Offset).Distinct().Count());
            Assert.All(all, one => Assert.True(!fewer.TryGetValue(one.Partition, out var now) || now >= one.Offset));
        }
    }

    [Fact]
    public void A_fetch_goes_on_where_the_one_before_ended()
    {
        var partition = At(100, [.. Enumerable.Range(0, 50).Select(i => ("g", i, i))]);
        var (read, offset) = (new List<int>(), 0L);
        while (partition.Fetch(offset, bytesMax: 500) is { Batches.Length: > 0 } answer)
        {
            Assert.InRange(answer.Batches.Length, 1, 500);
            read.AddRange(Records(answer).Select(one => one.Partition));
            offset = answer.NextOffset;
        }

        Assert.Equal(Enumerable.Range(0, 50), read);
        Assert.Equal(partition.End, offset);
        Assert.Single(Records(partition.Fetch(0, bytesMax: 1)));
    }

    [Fact]
    public void A_reader_that_was_served_elsewhere_is_not_sent_back_but_one_that_is_beyond_all_is_told()
    {
        var partition = At(10, ("g", 0, 5));
        var ahead = (Start.ToUnixTimeMilliseconds() + 60_000) << 12;

        var waits = partition.Fetch(ahead, 1000);

        Assert.Equal((ErrorCode.None, 0, ahead, ahead), (waits.Error, waits.Batches.Length, waits.NextOffset, waits.Offsets.LogEndOffset));
        Assert.Equal(ErrorCode.OffsetOutOfRange, partition.Fetch((Start.ToUnixTimeMilliseconds() + 3_600_000) << 12, 1000).Error);
        Assert.Equal(ErrorCode.OffsetOutOfRange, partition.Fetch(-1, 1000).Error);
        Assert.Equal((0, 0L), (At(10).Fetch(0, 1000).Batches.Length, At(10).End));
    }

    [Fact]
    public void The_first_commit_at_or_after_a_time_is_found()
    {
        var partition = At(10, ("g", 0, 2), ("g", 1, 4));
        var start = Start.ToUnixTimeMilliseconds();

        Assert.Equal([start + 2, start + 4, start + 4], new[] { 0, start + 3, start + 4 }.Select(time => partition.At(time)!.Value.TimestampMs));
        Assert.Null(partition.At(start + 5));
    }

    private static OffsetsPartition At(int horizonMs, params (string Group, int Partition, int Ms)[] commits) =>
        OffsetsPartition.Of(commits.Select(one => (one.Group, Row(one.Partition, one.Ms))), Start.AddMilliseconds(horizonMs));

    private static PartitionRow Row(int partition, int ms) =>
        new(new("t", partition)) { Committed = 1, CommittedAt = Start.AddMilliseconds(ms) };

    private static List<(long Offset, int Partition)> Read(OffsetsPartition partition) => Records(partition.Fetch(0, int.MaxValue));

    private static List<(long Offset, int Partition)> Records(FetchAnswer answer)
    {
        var records = new List<(long, int)>();
        var batches = new RecordBatchReader(answer.Batches.Span);
        while (batches.TryRead(out _, out var batch))
        {
            using var reader = RecordReader.Open(batch);
            while (reader.TryRead(out var record))
            {
                records.Add((record.Offset, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(record.Key[^4..])));
            }
        }

        return records;
    }
}
