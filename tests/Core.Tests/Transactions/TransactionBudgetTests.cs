using Serverless.Core.Storage;
using Serverless.Core.Tests.Groups;
using Xunit;
using static Serverless.Core.Tests.Transactions.TransactionWorld;

namespace Serverless.Core.Tests.Transactions;

/// <summary>The design's budget of storage calls, in steady state.</summary>
public sealed class TransactionBudgetTests
{
    private readonly TransactionWorld _world = new();

    [Fact]
    public async Task A_commit_on_k_partitions_is_two_table_writes_and_k_appends()
    {
        var instance = await InitAsync(_world.First);
        for (var round = 0; round < 3; round++)
        {
            var before = _world.Meter.Read();
            var step = await BegunAsync(_world.First, instance);
            Assert.Equal((0, 1, 0), Calls(before));

            before = _world.Meter.Read();
            await _world.ProduceAsync(_world.First, step, (0, "a"), (1, "b"));
            Assert.True(round == 0 || Calls(before) == (2, 1, 0));

            before = _world.Meter.Read();
            await _world.ProduceAsync(_world.First, step, (1, "c"), (0, "d"));
            await _world.ProduceAsync(_world.First, step, (1, "e"));
            Assert.Equal((3, 0, 0), Calls(before));

            before = _world.Meter.Read();
            Assert.Equal(ErrorCode.None, await EndAsync(_world.First, step, commit: round != 1));
            Assert.Equal((2, 2, 0), Calls(before));
        }
    }

    [Fact]
    public async Task A_group_with_offsets_costs_a_commit_one_read_and_one_write_more()
    {
        await _world.FillAsync(0, 4);
        await _world.FillAsync(1, 4);
        await JoinAsync(_world.First, "c1");
        var instance = await InitAsync(_world.First);
        Assert.Equal(8, GroupWorld.Values(await PollAsync(_world.First, "c1")).Count);
        for (var round = 1; round <= 3; round++)
        {
            var step = await BegunAsync(_world.First, instance);

            // The registration, the offsets, and a look whether they came in time.
            var before = _world.Meter.Read();
            Assert.Equal(ErrorCode.None, await AddOffsetAsync(_world.First, step, round, "c1", partition: 0));
            Assert.Equal((0, 2, 1), Calls(before));

            before = _world.Meter.Read();
            Assert.Equal(ErrorCode.None, await AddOffsetAsync(_world.First, step, round, "c1", partition: 1));
            Assert.Equal((0, 1, 2), Calls(before));

            before = _world.Meter.Read();
            Assert.Equal(ErrorCode.None, await EndAsync(_world.First, step, commit: true));
            Assert.Equal((0, 3, 1), Calls(before));
        }
    }

    [Fact]
    public async Task A_sweep_is_one_query_a_shard()
    {
        for (var id = 0; id < 20; id++)
        {
            Ok(await _world.First.Transactions.InitAsync($"id{id}", null, default));
        }

        var before = _world.Meter.Read();
        await SweepAsync(_world.Second);
        Assert.Equal((0, 0, 8), Calls(before));
    }

    private (long Appends, long Writes, long Reads) Calls(StorageCalls before)
    {
        var calls = _world.Meter.Read() - before;
        return (calls.Appends, calls.Submits, calls.Gets + calls.Queries + calls.Reads + calls.Lists);
    }
}
