using Serverless.Core.Telemetry;
using Serverless.Core.Tests.Transactions;
using Xunit;

namespace Serverless.Core.Tests.Telemetry;

/// <summary>What is counted of transactions.</summary>
public sealed class TransactionMetricsTests : IDisposable
{
    private readonly Measured _measured = new();
    private readonly TransactionWorld _world;

    public TransactionMetricsTests() => _world = new TransactionWorld(metrics: new LogMetrics(_measured));

    public void Dispose() => _measured.Dispose();

    [Theory]
    [InlineData(true, "committed")]
    [InlineData(false, "aborted")]
    public async Task A_transaction_is_counted_when_it_begins_and_once_when_it_is_decided(bool commit, string outcome)
    {
        var step = await TransactionWorld.BegunAsync(_world.First);
        await _world.ProduceAsync(_world.First, step, (0, "a"), (1, "b"));
        Assert.Equal((1, 0), (_measured.Sum("serverless.transaction.begun"), _measured.Sum("serverless.transaction.ended")));

        await TransactionWorld.EndAsync(_world.First, step, commit);
        await TransactionWorld.EndAsync(_world.Second, step, commit);

        Assert.Equal([$"serverless.transaction.outcome={outcome}"], _measured.TagsOf("serverless.transaction.ended"));
        Assert.Equal(1, _measured.Sum("serverless.transaction.ended"));
        Assert.Equal(0, _measured.Sum("serverless.transaction.timeouts"));
        Assert.Equal(2, _measured.Sum(
            "messaging.client.sent.messages", "messaging.destination.name=out messaging.operation.name=send messaging.system=kafka"));
    }

    [Fact]
    public async Task One_whose_time_is_over_is_aborted_and_counted_as_such()
    {
        await TransactionWorld.BegunAsync(_world.First, await TransactionWorld.InitAsync(_world.First, TimeSpan.FromSeconds(1)));

        await _world.RecoverAsync();

        Assert.Equal(1, _measured.Sum("serverless.transaction.timeouts"));
        Assert.Equal(1, _measured.Sum("serverless.transaction.ended", "serverless.transaction.outcome=aborted"));
    }

    [Fact]
    public async Task A_sweep_tells_how_many_are_open_and_for_a_while_only()
    {
        await TransactionWorld.BegunAsync(_world.First);
        Assert.Empty(_measured.Observe("serverless.transaction.open"));

        await TransactionWorld.SweepAsync(_world.Second);

        Assert.Equal([("", 1.0)], _measured.Observe("serverless.transaction.open"));
        _world.Clock.Advance(SweptGauge.AgeMax);
        Assert.Empty(_measured.Observe("serverless.transaction.open"));
    }
}
