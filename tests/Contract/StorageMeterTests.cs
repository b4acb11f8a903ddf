using Serverless.Contract.Rows;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Memory;

namespace Serverless.Contract;

/// <summary>The storage meter counts what passes, and changes nothing of it.</summary>
public sealed class StorageMeterTests
{
    private readonly StorageMeter _meter = new();
    private readonly CountingBlobStore _blobs;
    private readonly CountingRowStore _rows;

    public StorageMeterTests()
    {
        _blobs = new CountingBlobStore(new MemoryBlobStore(TimeProvider.System), _meter);
        _rows = new CountingRowStore(new MemoryRowStore(TimeProvider.System), _meter);
    }

    [Fact]
    public async Task Each_kind_of_call_is_counted_for_itself()
    {
        await CallAsync(creates: 1, appends: 2, reads: 3, lists: 4, deletes: 5, gets: 6, queries: 7, submits: 8);

        var calls = _meter.Read();

        Assert.Equal(new StorageCalls(1, 2, 3, 4, 5, 6, 7, 8), calls);
        Assert.Equal((15, 21), (calls.Blobs, calls.Tables));
    }

    [Fact]
    public async Task What_was_called_between_two_readings_is_their_difference()
    {
        await CallAsync(8, 7, 6, 5, 4, 3, 2, 1);
        var before = _meter.Read();

        await CallAsync(1, 2, 3, 4, 5, 6, 7, 8);

        Assert.Equal(new StorageCalls(1, 2, 3, 4, 5, 6, 7, 8), _meter.Read() - before);
    }

    [Fact]
    public async Task A_failed_append_is_counted_and_its_outcome_passed_on()
    {
        var appended = await _blobs.AppendAsync("missing", 0, "x"u8.ToArray(), default);

        Assert.Equal(AppendOutcome.Missing, appended.Outcome);
        Assert.Equal(1, _meter.Read().Appends);
    }

    private async Task CallAsync(
        int creates, int appends, int reads, int lists, int deletes, int gets, int queries, int submits)
    {
        await RepeatAsync(creates, async () => await _blobs.CreateAsync("b", default));
        await RepeatAsync(appends, async () => await _blobs.AppendAsync("b", 0, "x"u8.ToArray(), default));
        await RepeatAsync(reads, async () => await _blobs.ReadAsync("b", 0, 1, default));
        await RepeatAsync(lists, async () => await _blobs.ListAsync("b", null, 1, default));
        await RepeatAsync(deletes, async () => await _blobs.DeleteAsync("b", "stale", default));
        await RepeatAsync(gets, async () => await _rows.RowAsync("r"));
        await RepeatAsync(queries, async () =>
            await _rows.QueryAsync(RowTesting.Table, new RowQuery(RowTesting.Partition), default));
        await RepeatAsync(submits, async () => await _rows.SubmitAsync(RowAction.Delete("r", "stale")));
    }

    private static async Task RepeatAsync(int times, Func<Task> callAsync)
    {
        for (var i = 0; i < times; i++)
        {
            await callAsync();
        }
    }
}
