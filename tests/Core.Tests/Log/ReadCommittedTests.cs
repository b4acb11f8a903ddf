using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;
using Xunit;

namespace Serverless.Core.Tests.Log;

/// <summary>Markers, the last stable offset, and what <c>read_committed</c> leaves out, warm and cold.</summary>
public class ReadCommittedTests
{
    private readonly LogHarness _harness = new();

    [Fact]
    public async Task The_last_stable_offset_stays_before_what_is_open_and_moves_with_the_marker()
    {
        var logs = _harness.NewInstance();
        await _harness.AppendAsync(logs, "a");
        await AppendAsync(logs, "t", 7);
        await _harness.AppendAsync(logs, "b");

        Assert.Equal(new OffsetSnapshot(0, 3, 1), await logs.OffsetsAsync(_harness.Topic, 0, default));
        Assert.Equal(["a"], await CommittedAsync(logs));

        await EndAsync(logs, 7, 1, commit: true);

        Assert.Equal(new OffsetSnapshot(0, 4, 4), await _harness.NewInstance().OffsetsAsync(_harness.Topic, 0, default));
        Assert.Equal(["a", "t", "b"], await CommittedAsync(logs));
    }

    [Fact]
    public async Task Aborted_records_are_left_out_and_read_uncommitted_shows_them()
    {
        var logs = _harness.NewInstance();
        await AppendAsync(logs, "gone", 7);
        await _harness.AppendAsync(logs, "a");
        await EndAsync(logs, 7, 1, commit: false);

        Assert.Equal(["a"], await CommittedAsync(logs));
        Assert.Equal(["a"], await CommittedAsync(_harness.NewInstance()));
        Assert.Equal(["gone", "a"], (await _harness.ReadAllAsync(logs)).Select(record => record.Value));
    }

    [Fact]
    public async Task What_comes_late_of_a_transaction_that_has_its_marker_is_refused()
    {
        var (one, late) = (_harness.NewInstance(), _harness.NewInstance());
        await AppendAsync(late, "t", 7);
        await EndAsync(one, 7, 1, commit: true);

        Assert.Equal(ErrorCode.InvalidProducerEpoch, (await AppendAsync(late, "late", 7)).Error);
        Assert.Equal(["t"], await CommittedAsync(one));
        Assert.Equal(ErrorCode.None, (await AppendAsync(late, "next", 7, epoch: 1)).Error);
        Assert.Equal(["t"], await CommittedAsync(one));
    }

    [Fact]
    public async Task A_marker_fences_a_partition_that_has_nothing_of_the_transaction()
    {
        var (one, late) = (_harness.NewInstance(), _harness.NewInstance());
        await _harness.AppendAsync(late, "a");
        await EndAsync(one, 7, 1, commit: true);

        Assert.Equal(ErrorCode.InvalidProducerEpoch, (await AppendAsync(late, "late", 7)).Error);
    }

    [Fact]
    public async Task A_marker_is_appended_once()
    {
        var (one, other) = (_harness.NewInstance(), _harness.NewInstance());
        await AppendAsync(one, "t", 7);
        await EndAsync(one, 7, 1, commit: true);
        await EndAsync(one, 7, 1, commit: true);
        await EndAsync(other, 7, 1, commit: true);

        Assert.Equal(2, (await one.OffsetsAsync(_harness.Topic, 0, default)).LogEndOffset);
    }

    [Fact]
    public async Task A_producer_with_something_open_appends_nothing_outside_of_it()
    {
        var logs = _harness.NewInstance();
        await AppendAsync(logs, "t", 7);

        var outside = await _harness.Run(logs.AppendAsync(
            _harness.Topic, 0, _harness.Batch("x"), new AppendIdentity.Sequence(7, 0, 0, LeavesOut: false), default).AsTask());

        Assert.Equal(ErrorCode.InvalidTxnState, outside.Error);
        Assert.Equal([new OpenTransaction(7, 0, 0)], await logs.OpenTransactionsAsync(_harness.Topic, 0, default));
    }

    [Fact]
    public async Task Sequences_of_a_transaction_follow_one_another_whoever_appends()
    {
        var (one, other) = (_harness.NewInstance(), _harness.NewInstance());
        await AppendAsync(one, "a", 7);
        await AppendAsync(other, "b", 7);
        await AppendAsync(one, "c", 7);

        var fetched = await one.FetchAsync(_harness.Topic, 0, 0, 10_000, default);
        Assert.Equal([0, 1, 2], Sequences(fetched.Batches.Span));
    }

    [Fact]
    public async Task The_marker_of_an_old_fetch_may_lie_far_behind_it_and_is_found_by_rows_and_not_by_a_scan()
    {
        var harness = new LogHarness(new LogOptions { CheckpointBytes = 4_000, BlockBytesMax = 3_000 });
        var logs = harness.NewInstance();
        await harness.Run(logs.AppendAsync(
            harness.Topic, 0, harness.Batch("gone"), new AppendIdentity.Transaction(7, 0), default).AsTask());
        for (var filler = 0; filler < 100; filler++)
        {
            await harness.AppendAsync(logs, new string('x', 1_000));
        }

        await harness.Run(logs.EndTransactionAsync(harness.Topic.Id, 0, 7, 1, commit: false, default).AsTask());
        for (var filler = 0; filler < 10; filler++)
        {
            await harness.AppendAsync(logs, new string('x', 1_000));
        }

        var cold = harness.NewInstance();
        await cold.OffsetsAsync(harness.Topic, 0, default);
        var before = harness.Meter.Read().Total;
        var fetched = await cold.FetchAsync(harness.Topic, 0, 0, 1_100, IsolationLevel.ReadCommitted, default);

        Assert.DoesNotContain((0L, "gone"), LogHarness.Values(fetched.Batches.Span));
        Assert.InRange(harness.Meter.Read().Total - before, 1, 6);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whatever_is_committed_is_read_and_nothing_else_from_any_offset_on_any_instance(bool losesRows)
    {
        for (var seed = 1; seed <= 8; seed++)
        {
            await RandomAsync(seed, losesRows);
        }
    }

    private static async Task RandomAsync(int seed, bool losesRows)
    {
        var random = new Random(seed);
        var harness = new LogHarness(new LogOptions
        {
            CheckpointBytes = 4_000,
            BlockBytesMax = 3_000,
            SegmentBlocksRoll = random.Next(5, 40),
            TailCacheBytes = random.Next(0, 4_000),
            ReadBytes = 2_000,
        });
        var logs = Enumerable.Range(0, 3).Select(_ => harness.NewInstance()).ToList();
        var model = new List<(long Offset, string Value, long Producer, short Epoch)>();
        var epochs = new Dictionary<long, short>();
        var open = new HashSet<long>();
        var aborted = new HashSet<(long, short)>();
        for (var step = 0; step < 150; step++)
        {
            var at = logs[random.Next(logs.Count)];
            var producer = random.Next(1, 5);
            var epoch = epochs.GetValueOrDefault(producer);
            if (open.Contains(producer) && random.Next(4) == 0)
            {
                var commit = random.Next(2) == 0;
                var ended = await harness.Run(
                    at.EndTransactionAsync(harness.Topic.Id, 0, producer, (short)(epoch + 1), commit, default).AsTask());
                Assert.Equal(ErrorCode.None, ended);
                _ = commit || aborted.Add((producer, epoch));
                epochs[producer] = (short)(epoch + 1);
                open.Remove(producer);
                continue;
            }

            var isPlain = random.Next(3) == 0;
            var value = $"{step}:{new string('x', random.Next(300))}";
            var answer = await harness.Run(at.AppendAsync(
                harness.Topic, 0, harness.Batch(value), isPlain ? null : new AppendIdentity.Transaction(producer, epoch), default).AsTask());
            Assert.Equal(ErrorCode.None, answer.Error);
            model.Add((answer.BaseOffset, value, isPlain ? -1 : producer, epoch));
            _ = isPlain || open.Add(producer);
        }

        if (losesRows)
        {
            await LoseAsync(harness, random);
        }

        var stable = model.Where(record => open.Contains(record.Producer) && epochs.GetValueOrDefault(record.Producer) == record.Epoch)
            .Select(record => record.Offset).DefaultIfEmpty(long.MaxValue).Min();
        foreach (var reader in logs.Append(harness.NewInstance()))
        {
            var from = random.Next((int)model[^1].Offset);
            var expected = model.Where(record => record.Offset >= from && record.Offset < stable
                && !aborted.Contains((record.Producer, record.Epoch)));
            Assert.Equal(
                expected.Select(record => (record.Offset, record.Value)),
                await CommittedAsync(harness, reader, Math.Min(from, stable), random.Next(300, 3_000)));
        }
    }

    // Rows beside checkpoints are best effort: some are not there.
    private static async Task LoseAsync(LogHarness harness, Random random)
    {
        var key = Layout.PartitionKey(harness.Topic.Id, 0);
        var page = await harness.Rows.QueryAsync(Layout.CheckpointsTable, RowQuery.Prefix(key, DecidedRow.Prefix), default);
        foreach (var row in page.Rows.Where(_ => random.Next(2) == 0))
        {
            await harness.Rows.SubmitAsync(Layout.CheckpointsTable, key, [RowAction.Delete(row.Key.Row, row.ETag)], default);
        }
    }

    private static async Task<List<(long Offset, string Value)>> CommittedAsync(
        LogHarness harness, PartitionLogs logs, long offset, int bytesMax)
    {
        var found = new List<(long, string)>();
        while (true)
        {
            var answer = await logs.FetchAsync(harness.Topic, 0, offset, bytesMax, IsolationLevel.ReadCommitted, default);
            Assert.Equal(ErrorCode.None, answer.Error);
            found.AddRange(LogHarness.Values(answer.Batches.Span).Where(record => record.Offset >= offset));
            if (answer.NextOffset == offset)
            {
                return found;
            }

            offset = answer.NextOffset;
        }
    }

    private async Task<List<string>> CommittedAsync(PartitionLogs logs) =>
        [.. (await CommittedAsync(_harness, logs, 0, 100_000)).Select(record => record.Value)];

    private Task<AppendAnswer> AppendAsync(PartitionLogs logs, string value, long producer, short epoch = 0) => _harness.Run(logs.AppendAsync(
        _harness.Topic, 0, _harness.Batch(value), new AppendIdentity.Transaction(producer, epoch), default).AsTask());

    private async Task EndAsync(PartitionLogs logs, long producer, short epoch, bool commit) => Assert.Equal(
        ErrorCode.None,
        await _harness.Run(logs.EndTransactionAsync(_harness.Topic.Id, 0, producer, epoch, commit, default).AsTask()));

    private static List<int> Sequences(ReadOnlySpan<byte> batches)
    {
        var found = new List<int>();
        var walk = new Core.Records.RecordBatchReader(batches);
        while (walk.TryRead(out var header, out _))
        {
            found.Add(header.BaseSequence);
        }

        return found;
    }
}
