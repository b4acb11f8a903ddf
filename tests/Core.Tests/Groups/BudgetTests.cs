using Xunit;
using static Serverless.Core.Tests.Groups.GroupWorld;

namespace Serverless.Core.Tests.Groups;

/// <summary>The design's budget of storage calls, in steady state.</summary>
public sealed class BudgetTests
{
    private readonly GroupWorld _world = new();

    [Fact]
    public async Task A_heartbeat_is_one_transaction()
    {
        _world.Topic("t", 3);
        await _world.JoinAsync("c1");

        for (var beat = 0; beat < 5; beat++)
        {
            _world.Clock.Advance(TimeSpan.FromSeconds(10));
            var before = _world.Meter.Read();
            await _world.Groups.HeartbeatAsync(Group, "c1", default);
            Assert.Equal((1, 1), Calls(before));
        }
    }

    [Fact]
    public async Task A_poll_with_records_at_hand_is_one_transaction_and_no_read()
    {
        _world.Topic("t", 90, records: 5);
        await _world.JoinAsync("c1");
        await _world.ReadAsync("c1", maxRecords: 1);

        for (var poll = 0; poll < 4; poll++)
        {
            var before = _world.Meter.Read();
            Assert.Equal(90, (await _world.ReadAsync("c1", maxRecords: 90)).Count);
            Assert.Equal((1, 1), Calls(before));
            _world.Clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task An_empty_poll_of_thirty_seconds_is_one_table_call()
    {
        _world.Topic("t", 3, records: 1);
        await _world.JoinAsync("c1");
        await _world.ReadAsync("c1");
        await _world.ReadAsync("c1");

        for (var poll = 0; poll < 4; poll++)
        {
            var before = _world.Meter.Read();
            Assert.Empty(await _world.ReadAsync("c1", wait: TimeSpan.FromSeconds(30)));
            Assert.Equal((1, 1), Calls(before));
        }
    }

    [Fact]
    public async Task A_long_wait_keeps_a_short_session_alive()
    {
        _world.Topic("t", 1);
        await _world.JoinAsync("c1", Earliest with { SessionTimeout = TimeSpan.FromSeconds(10) });
        var waits = 0;
        void Look()
        {
            _world.Logs.OnWait = ++waits < 20 ? Look : null;
            Assert.False(_world.Start().SweepAsync(default).AsTask().GetAwaiter().GetResult());
            Assert.Single(_world.Start().DescribeAsync(Group, default).AsTask().GetAwaiter().GetResult()!.Members);
        }

        _world.Logs.OnWait = Look;
        await _world.ReadAsync("c1", wait: TimeSpan.FromSeconds(60));

        Assert.InRange(waits, 10, 14);
    }

    [Fact]
    public async Task Settings_are_known_without_a_call()
    {
        await _world.JoinAsync("c1");
        var before = _world.Meter.Read();

        Assert.Equal(Earliest, await _world.Groups.FindInstanceAsync(Group, "c1", fresh: false, default));
        Assert.Equal((0, 0), Calls(before));
        Assert.Equal(Earliest, await _world.Start().FindInstanceAsync(Group, "c1", fresh: false, default));
        Assert.Equal((1, 0), Calls(before));
    }

    private (long Calls, long Submits) Calls(Core.Storage.StorageCalls before)
    {
        var calls = _world.Meter.Read() - before;
        return (calls.Tables, calls.Submits);
    }
}
