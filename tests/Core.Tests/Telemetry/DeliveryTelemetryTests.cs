using System.Diagnostics;
using Serverless.Core.Delivery;
using Serverless.Core.Telemetry;
using Serverless.Core.Tests.Delivery;
using Xunit;

namespace Serverless.Core.Tests.Telemetry;

/// <summary>What is told of push deliveries.</summary>
public sealed class DeliveryTelemetryTests : IDisposable
{
    private const string Process = "messaging.consumer.group.name=g messaging.destination.name=in messaging.operation.name=process";

    private readonly Measured _measured = new();
    private readonly Traced _traced = new();
    private readonly DeliveryWorld _world;

    public DeliveryTelemetryTests() => _world = new DeliveryWorld(metrics: new LogMetrics(_measured));

    public void Dispose()
    {
        _measured.Dispose();
        _traced.Dispose();
    }

    [Fact]
    public void A_batch_that_is_taken_is_processed_once() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook);
        await _world.Log.FillAsync(0, 3);

        await _traced.InAsync(() => _world.WorkAsync());

        Assert.Equal(1, _measured.Sum("serverless.delivery.attempts", Attempt("done")));
        Assert.Equal(0, _measured.Sum("serverless.delivery.retries"));
        Assert.Equal(3, _measured.Sum("messaging.client.consumed.messages", $"{Process} messaging.system=kafka"));
        Assert.Equal(
            [$"{Process} messaging.operation.type=process messaging.system=kafka"], _measured.TagsOf("messaging.process.duration"));
        var span = _traced.Span("process in");
        Assert.Equal(ActivityKind.Consumer, span.Kind);
        Assert.Equal(
            $"messaging.batch.message_count=3 messaging.consumer.group.name=g messaging.destination.name=in"
                + " messaging.destination.partition.id=0 messaging.operation.name=process messaging.operation.type=process messaging.system=kafka",
            Traced.Tags(span));
    });

    [Fact]
    public void Attempts_that_fail_are_retries_and_end_in_dead_letters() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook with { DeadLetterTopic = "letters", Retry = new RetryPolicy { AttemptsMax = 3 } });
        await _world.Log.FillAsync(1, 2);
        _world.Answer = _ => new(new SendOutcome.Failed("500"));

        await _traced.InAsync(() => _world.WorkAsync());

        Assert.Equal(3, _measured.Sum("serverless.delivery.attempts", Attempt("failed")));
        Assert.Equal(2, _measured.Sum("serverless.delivery.retries", Attempt("failed")));
        Assert.Equal(2, _measured.Sum(
            "serverless.delivery.dead_letters", "messaging.consumer.group.name=g messaging.destination.name=letters"));
        Assert.Equal(3, _traced.Spans.Count(span => span.DisplayName == "process in" && span.Status == ActivityStatusCode.Error));
        Assert.Contains(
            $"error.type=failed {Process} messaging.operation.type=process messaging.system=kafka",
            _measured.TagsOf("messaging.process.duration"));
    });

    [Fact]
    public void A_slice_lies_within_the_invocation_that_serves_it_and_all_attempts_within_the_slice() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook with { RecordsMax = 1 });
        await _world.Log.FillAsync(0, 2);

        await _traced.InAsync(() => _world.WorkAsync());

        var slice = _traced.Span("deliver g");
        Assert.Equal("messaging.consumer.group.name=g", Traced.Tags(slice));
        Assert.Equal([slice.SpanId, slice.SpanId], _traced.Spans.Where(span => span.DisplayName == "process in").Select(span => span.ParentSpanId));
    });

    [Fact]
    public void A_slice_is_traced_whatever_a_server_that_nobody_traces_has_around_it() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook);
        await _world.Log.FillAsync(0, 1);
        Activity? during = null;
        _world.Answer = _ =>
        {
            during = Activity.Current;
            return new(new SendOutcome.Done());
        };

        // As Kestrel's: it has no source, and is not sampled.
        using var around = new Activity("Microsoft.AspNetCore.Hosting.HttpRequestIn").Start();
        using var all = new ActivityListener
        {
            ShouldListenTo = source => source.Name == LogTracing.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Parent == default || options.Parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded)
                    ? ActivitySamplingResult.AllDataAndRecorded
                    : ActivitySamplingResult.None,
        };
        ActivitySource.AddActivityListener(all);
        await _world.WorkAsync();

        Assert.Equal(("process", true), (during?.OperationName, during?.Recorded));
        Assert.NotEqual(around.TraceId, during?.TraceId);
        Assert.Same(around, Activity.Current);
    });

    [Fact]
    public void A_target_that_is_gone_is_told_apart() => _world.Run(async () =>
    {
        await _world.PutAsync(DeliveryWorld.Webhook);
        await _world.Log.FillAsync(0, 1);
        _world.Answer = _ => new(new SendOutcome.Gone("410"));

        await _world.WorkAsync();

        Assert.Equal([Attempt("gone")], _measured.TagsOf("serverless.delivery.attempts"));
    });

    private static string Attempt(string outcome) =>
        $"messaging.consumer.group.name=g serverless.delivery.outcome={outcome} serverless.delivery.target=webhook";
}
