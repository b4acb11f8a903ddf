using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Core;
using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Core.Topics;
using Serverless.Edge.Fakes;
using Serverless.Functions.Delivery;
using Xunit;

namespace Serverless.Edge.Delivery;

/// <summary>Workers are started soon after something came, also where the first attempts to do so fail.</summary>
public sealed class PulseTests
{
    private readonly EdgeHost _host = EdgeHost.Real();
    private readonly Starter _starter = new();
    private readonly DeliveryOptions _options = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_a_worker_cannot_be_started_for_the_moment_one_is_soon_after(bool isNew)
    {
        var tell = await StartAsync(isNew);
        _starter.FailuresLeft = 2;

        tell();
        await PassAsync(3);

        Assert.Equal([false, false, true], _starter.Calls);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_nobody_can_be_started_at_all_it_is_left_to_the_timer_until_something_comes_again(bool isNew)
    {
        var tell = await StartAsync(isNew);
        _starter.FailuresLeft = int.MaxValue;

        tell();
        await PassAsync(5);
        for (var more = 0; more < 10; more++)
        {
            await PassAsync(5);
        }

        Assert.Equal(5, _starter.Calls.Count);
        _starter.FailuresLeft = 0;
        tell();
        await PassAsync(6);
        Assert.True(_starter.Calls.Last());
    }

    /// <summary>A delivery with a record that nobody has taken yet. Gives what tells the pulse of it: that it is new, or that something came.</summary>
    private async Task<Action> StartAsync(bool isNew)
    {
        var topics = _host.Service<ITopicCatalog>();
        var created = await topics.CreateAsync("orders", 1, new Dictionary<string, string?>(), validateOnly: false, default);
        var produced = await _host.ProduceAsync("/topics/orders/partitions/0", """{"records":[{"value":1}]}""");
        Assert.Equal(200, produced.Status);

        var settings = new DeliverySettings(
            new Subscription(["orders"], null),
            new DeliveryTarget.Webhook(new Uri("https://example.org/"), WebhookBody.Records, RecordFormat.Json))
        {
            Start = DeliveryStart.Earliest,
        };
        var put = await _host.Service<DeliveryAdmin>().PutAsync("group", settings, new byte[] { 1 }, paused: null, default);
        Assert.Equal((ErrorCode.None, null), (put.Error, put.Message));

        var supervisor = new DeliverySupervisor(
            _host.Service<Deliveries>(), _host.Service<DeliveryStates>(), _host.Service<IConsumerGroups>(), _starter,
            _host.Service<IIdSource>(), _options, _host.Clock, NullLogger<DeliverySupervisor>.Instance);
        var pulse = new DeliveryPulse(
            _host.Service<Deliveries>(), topics, () => supervisor, _options, _host.Clock, _host.Lifetime, NullLogger<DeliveryPulse>.Instance);
        return isNew ? () => pulse.Changed(put.Value!.Delivery) : () => pulse.Appended(created.Topic!.Id);
    }

    /// <summary>Lets intervals pass until so many attempts were made in all, one at least.</summary>
    private async Task PassAsync(int calls)
    {
        var turns = 0;
        do
        {
            // Who is to go on after the pause may not wait for it yet, and does so on another thread.
            await Task.Delay(1);
            _host.Clock.Advance(_options.PulseInterval);
            await Task.Delay(1);
        }
        while (_starter.Calls.Count < calls && ++turns < 200);
    }

    private sealed class Starter : IWorkerStarter
    {
        /// <summary>Whether each attempt succeeded, in order.</summary>
        public ConcurrentQueue<bool> Calls { get; } = new();

        public int FailuresLeft { get; set; }

        public ValueTask StartAsync(string group, string instance, CancellationToken cancellationToken)
        {
            var fails = FailuresLeft > 0;
            FailuresLeft -= fails ? 1 : 0;
            Calls.Enqueue(!fails);
            return fails ? throw new WorkerStartException("The test lets nobody be started.") : default;
        }
    }
}
