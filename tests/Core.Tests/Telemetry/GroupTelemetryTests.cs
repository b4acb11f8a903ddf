using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Core.Telemetry;
using Serverless.Core.Tests.Groups;
using Xunit;

namespace Serverless.Core.Tests.Telemetry;

/// <summary>What is told of polls, commits, rebalances and lag.</summary>
public sealed class GroupTelemetryTests : IDisposable
{
    private const string Polls = "messaging.consumer.group.name=g messaging.destination.name=t messaging.operation.name=poll";

    private readonly Measured _measured = new();
    private readonly Traced _traced = new();
    private readonly LogMetrics _metrics;
    private readonly GroupWorld _world;

    public GroupTelemetryTests()
    {
        _metrics = new LogMetrics(_measured);
        _world = new GroupWorld(metrics: _metrics);
    }

    public void Dispose()
    {
        _measured.Dispose();
        _traced.Dispose();
    }

    [Fact]
    public async Task A_poll_counts_its_records_and_its_time_by_topic_and_group()
    {
        _world.Topic("t", 2, records: 3);
        await _world.JoinAsync("i");

        await _traced.InAsync(() => _world.PollAsync("i"));

        Assert.Equal(6, _measured.Sum("messaging.client.consumed.messages", $"{Polls} messaging.system=kafka"));
        Assert.Equal(
            [$"{Polls} messaging.operation.type=receive messaging.system=kafka"],
            _measured.TagsOf("messaging.client.operation.duration"));
        var span = _traced.Span("poll t");
        Assert.Equal(ActivityKind.Consumer, span.Kind);
        Assert.Equal(
            $"messaging.batch.message_count=6 {Polls} messaging.operation.type=receive messaging.system=kafka", Traced.Tags(span));
    }

    [Fact]
    public async Task A_part_of_a_batch_counts_its_own_records_only()
    {
        var topic = _world.Topic("t", 1);
        _world.Logs.Append(topic, 0, "1", "2", "3", "4", "5");
        await _world.JoinAsync("i");

        await _world.PollAsync("i", maxRecords: 2);
        Assert.Equal(2, _measured.Sum("messaging.client.consumed.messages"));

        await _world.PollAsync("i");
        Assert.Equal(5, _measured.Sum("messaging.client.consumed.messages"));
    }

    [Fact]
    public async Task A_poll_that_is_refused_tells_why_and_only_its_span_names_the_group()
    {
        _world.Topic("t", 1);

        await _traced.InAsync(() => _world.PollAsync("nobody"));

        var span = _traced.Span("poll");
        Assert.Equal(
            "error.type=UnknownMemberId messaging.operation.name=poll messaging.operation.type=receive messaging.system=kafka",
            _measured.TagsOf("messaging.client.operation.duration").Single());
        Assert.Equal(GroupWorld.Group, span.GetTagItem("messaging.consumer.group.name"));
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        Assert.Equal(0, _measured.Sum("messaging.client.consumed.messages"));
    }

    [Fact]
    public async Task A_commit_is_a_settlement()
    {
        _world.Topic("t", 1, records: 2);
        await _world.JoinAsync("i", GroupWorld.ByHand);
        await _world.PollAsync("i");

        await _traced.InAsync(() => _world.Groups.CommitAsync(GroupWorld.Group, "i", null, default).AsTask());

        Assert.Equal(
            "messaging.consumer.group.name=g messaging.operation.name=commit messaging.operation.type=settle messaging.system=kafka",
            Traced.Tags(_traced.Span("commit")));
    }

    [Fact]
    public async Task Each_new_assignment_is_a_rebalance_and_a_poll_is_none()
    {
        _world.Topic("t", 2, records: 1);
        await _world.JoinAsync("a");
        await _world.PollAsync("a");
        Assert.Equal(1, _measured.Sum("serverless.group.rebalances", "messaging.consumer.group.name=g"));

        await _world.JoinAsync("b");
        Assert.Equal(2, _measured.Sum("serverless.group.rebalances"));

        await _world.Groups.DeleteInstanceAsync(GroupWorld.Group, "b", default);
        await _world.PollAsync("a");
        Assert.Equal(3, _measured.Sum("serverless.group.rebalances"));
    }

    [Fact]
    public async Task The_lag_of_a_group_is_shown_though_nobody_polls_any_more()
    {
        var topic = _world.Topic("t", 2, records: 3);
        await _world.JoinAsync("i");
        await _world.PollAsync("i");
        await _world.Groups.DeleteInstanceAsync(GroupWorld.Group, "i", default);
        _world.Fill(topic, 1, 5);

        await Sweep().SweepAsync(default);

        Assert.Equal(
            [
                ("messaging.consumer.group.name=g messaging.destination.name=t messaging.destination.partition.id=0", 0),
                ("messaging.consumer.group.name=g messaging.destination.name=t messaging.destination.partition.id=1", 5),
            ],
            _measured.Observe("serverless.consumer.lag"));
    }

    [Fact]
    public async Task Lag_that_is_old_is_not_shown()
    {
        _world.Topic("t", 1, records: 1);
        await _world.JoinAsync("i");
        await _world.PollAsync("i");
        await _world.Groups.DeleteInstanceAsync(GroupWorld.Group, "i", default);
        await Sweep().SweepAsync(default);
        Assert.Single(_measured.Observe("serverless.consumer.lag"));

        _world.Clock.Advance(SweptGauge.AgeMax);

        Assert.Empty(_measured.Observe("serverless.consumer.lag"));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 3)]
    [InlineData(4, 4)]
    [InlineData(5, 4)]
    public async Task Lag_is_looked_up_of_so_many_partitions_at_most(int most, int shown)
    {
        _world.Topic("t", 4, records: 1);
        await _world.JoinAsync("i");
        await _world.PollAsync("i");
        await _world.Groups.DeleteInstanceAsync(GroupWorld.Group, "i", default);

        await Sweep(most).SweepAsync(default);

        Assert.Equal(shown, _measured.Observe("serverless.consumer.lag").Count);
    }

    [Fact]
    public async Task Where_nobody_watches_lag_storage_is_not_asked()
    {
        _world.Topic("t", 1, records: 1);
        await _world.JoinAsync("i");
        await _world.PollAsync("i");
        var before = _world.Meter.Read();

        await new LagSweep(_world.Groups, LogMetrics.None, new TelemetryOptions(), _world.Clock, NullLogger<LagSweep>.Instance)
            .SweepAsync(default);

        Assert.Equal(0, (_world.Meter.Read() - before).Total);
    }

    private LagSweep Sweep(int most = 500) => new(
        _world.Groups, _metrics, new TelemetryOptions { LagPartitionsMax = most }, _world.Clock, NullLogger<LagSweep>.Instance);
}
