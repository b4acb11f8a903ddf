using Serverless.Core.Log;
using Serverless.Core.Records;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;
using Xunit;

namespace Serverless.Core.Tests.Log;

/// <summary>Batches of requests with idempotency keys: whoever sends one again, it is stored once.</summary>
public class KeyedAppendTests
{
    private const long Hash = 0x1234_5678_9ABC_DEF0;

    private readonly LogHarness _harness = new(new LogOptions { CheckpointBytes = 5_000, BlockBytesMax = 3_000 });

    [Fact]
    public async Task A_batch_of_the_same_key_is_stored_once()
    {
        var logs = _harness.NewInstance();
        await _harness.AppendAsync(logs, "before");

        Assert.Equal((1L, false), Place(await AppendAsync(logs, from: 1)));
        Assert.Equal((1L, true), Place(await AppendAsync(logs, from: 1)));
        Assert.Equal(["before", "keyed"], await ValuesAsync());
    }

    [Fact]
    public async Task A_sleeper_that_wakes_after_its_retry_finds_it()
    {
        var (sleeper, other) = (_harness.NewInstance(), _harness.NewInstance());
        await _harness.AppendAsync(sleeper, "before");
        await AppendAsync(other, from: 1);

        Assert.Equal((1L, true), Place(await AppendAsync(sleeper, from: 1)));
    }

    [Fact]
    public async Task What_was_stored_before_the_log_was_opened_is_searched_for()
    {
        var first = _harness.NewInstance();
        await AppendAsync(first, from: 0);
        for (var filler = 0; filler < 20; filler++)
        {
            await _harness.AppendAsync(first, new string('x', 1_000));
        }

        await ForgetKeysAsync();
        var cold = _harness.NewInstance();

        Assert.Equal((0L, true), Place(await AppendAsync(cold, from: 0)));
        Assert.Equal(21, (await ValuesAsync()).Count);
    }

    [Fact]
    public async Task A_search_that_finds_nothing_lets_the_batch_in_once()
    {
        var first = _harness.NewInstance();
        for (var filler = 0; filler < 20; filler++)
        {
            await _harness.AppendAsync(first, new string('x', 1_000));
        }

        await ForgetKeysAsync();
        var cold = _harness.NewInstance();

        Assert.Equal((20L, false), Place(await AppendAsync(cold, from: 0)));
        Assert.Equal((20L, true), Place(await AppendAsync(first, from: 0)));
    }

    [Fact]
    public async Task Checkpoints_remember_keys_so_that_nothing_is_searched()
    {
        var first = _harness.NewInstance();
        await AppendAsync(first, from: 0);
        for (var filler = 0; filler < 20; filler++)
        {
            await _harness.AppendAsync(first, new string('x', 1_000));
        }

        var cold = _harness.NewInstance();
        var before = _harness.Meter.Read();

        Assert.Equal((0L, true), Place(await AppendAsync(cold, from: 0)));
        Assert.InRange((_harness.Meter.Read() - before).Total, 1, 5);
    }

    [Fact]
    public async Task Where_retention_took_a_part_of_what_is_to_be_searched_the_outcome_is_unknown()
    {
        var harness = new LogHarness(LogHarness.RemovesAtOnce).With(("retention.ms", "1000"));
        var logs = harness.NewInstance();
        await harness.AppendAsync(logs, "a");
        harness.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, await harness.RetainAsync(logs));

        var answer = await harness.Run(harness.NewInstance().AppendAsync(
            harness.Topic, 0, harness.Batch("keyed"), new AppendIdentity.Key(Hash, 0), default).AsTask());

        Assert.Equal(ErrorCode.RequestTimedOut, answer.Error);
        Assert.Empty(await harness.ReadAllAsync(harness.NewInstance(), offset: 1));
    }

    [Fact]
    public async Task Others_that_are_not_looked_for_cost_no_search()
    {
        var logs = _harness.NewInstance();
        var end = await logs.KnownEndAsync(_harness.Topic, 0, default);
        await AppendAsync(logs, end);
        var reads = _harness.Meter.Read().Total;

        await AppendAsync(logs, await logs.KnownEndAsync(_harness.Topic, 0, default), Hash + 1);

        Assert.Equal(reads + 1, _harness.Meter.Read().Total);
    }

    [Fact]
    public async Task Kafka_sees_no_producer_in_a_batch_with_a_key()
    {
        var logs = _harness.NewInstance();
        await AppendAsync(logs, from: 0);

        var fetched = await logs.FetchAsync(_harness.Topic, 0, 0, 1_000, default);

        Assert.True(RecordBatchHeader.TryRead(fetched.Batches.Span, out var header));
        Assert.True(header.ProducerId < -1);
        Assert.Equal((-1, -1), (header.ProducerEpoch, header.BaseSequence));
        Assert.Equal(Hash, KeyedBatches.HashOf(header));
    }

    [Fact]
    public async Task In_a_transaction_a_key_counts_within_it()
    {
        var logs = _harness.NewInstance();
        await InTransactionAsync(logs, "other", 0, key: null);
        Assert.Equal((1L, false), Place(await InTransactionAsync(logs, "keyed", 0, Hash)));
        for (var filler = 0; filler < 20; filler++)
        {
            await _harness.AppendAsync(logs, new string('x', 1_000));
        }

        Assert.Equal((1L, true), Place(await InTransactionAsync(logs, "keyed", 0, Hash)));
        Assert.Equal((1L, true), Place(await InTransactionAsync(_harness.NewInstance(), "keyed", 0, Hash)));
        Assert.Equal(ErrorCode.DuplicateSequenceNumber, (await InTransactionAsync(logs, "another", 0, Hash)).Error);

        await _harness.Run(logs.EndTransactionAsync(_harness.Topic.Id, 0, 7, 1, commit: true, default).AsTask());
        Assert.False((await InTransactionAsync(logs, "keyed", 1, Hash)).IsDuplicate);
    }

    [Fact]
    public void Old_keys_make_room_and_what_is_not_known_any_more_is_said()
    {
        var keys = KeyedBatches.StartingAt(0);
        for (var offset = 0; offset < 5_000; offset++)
        {
            keys = keys.Append(new RecordBatchHeader { ProducerId = KeyedBatches.ProducerIdOf(offset), BaseOffset = offset });
        }

        Assert.InRange(keys.From, 1, 3_001);
        Assert.Null(keys.Find(keys.From - 1, 0));
        Assert.Equal(keys.From, keys.Find(keys.From, 0));
        Assert.Equal(4_999, keys.Find(4_999, 0));
        Assert.Null(keys.Find(4_998, 4_999));
    }

    // As where thousands of other keys came since.
    private async Task ForgetKeysAsync()
    {
        var key = Layout.PartitionKey(_harness.Topic.Id, 0);
        var page = await _harness.Rows.QueryAsync(Layout.CheckpointsTable, RowQuery.Prefix(key, CheckpointRow.Prefix), default);
        Assert.NotEmpty(page.Rows);
        foreach (var row in page.Rows)
        {
            var columns = row.Columns.Where(column => !column.Key.StartsWith("keys", StringComparison.Ordinal)).ToDictionary();
            await _harness.Rows.SubmitAsync(Layout.CheckpointsTable, key, [RowAction.Replace(row.Key.Row, columns, row.ETag)], default);
        }
    }

    private Task<AppendAnswer> AppendAsync(PartitionLogs logs, long from, long hash = Hash) => _harness.Run(logs.AppendAsync(
        _harness.Topic, 0, _harness.Batch("keyed"), new AppendIdentity.Key(hash, from), default).AsTask());

    private Task<AppendAnswer> InTransactionAsync(PartitionLogs logs, string value, short epoch, long? key) => _harness.Run(logs.AppendAsync(
        _harness.Topic, 0, _harness.Batch(value), new AppendIdentity.Transaction(7, epoch, key), default).AsTask());

    private static (long Offset, bool IsDuplicate) Place(AppendAnswer answer)
    {
        Assert.Equal(ErrorCode.None, answer.Error);
        return (answer.BaseOffset, answer.IsDuplicate);
    }

    private async Task<List<string>> ValuesAsync() =>
        [.. (await _harness.ReadAllAsync(_harness.NewInstance())).Select(record => record.Value)];
}
