using Serverless.Core.Log;
using Serverless.Core.Telemetry;
using Serverless.Core.Tests.Log;
using Xunit;

namespace Serverless.Core.Tests.Telemetry;

/// <summary>What is counted of appends.</summary>
public sealed class LogMetricsTests : IDisposable
{
    private readonly Measured _measured = new();
    private readonly LogMetrics _metrics;
    private readonly LogHarness _harness = new();

    public LogMetricsTests() => _metrics = new LogMetrics(_measured);

    public void Dispose() => _measured.Dispose();

    [Fact]
    public async Task Appends_are_counted_with_their_bytes()
    {
        var logs = _harness.NewInstance(_metrics);
        var batch = _harness.Batch("a", "b");

        await _harness.Run(logs.AppendAsync(_harness.Topic, 0, batch, default).AsTask());

        Assert.Equal(1, _measured.Sum("serverless.append.attempts", "serverless.append.outcome=appended"));
        Assert.Equal(batch.Length, _measured.Sum("serverless.append.bytes"));
        Assert.Equal(1, _measured.Sum("serverless.append.attempts"));
    }

    [Fact]
    public async Task One_that_another_writer_was_faster_than_is_counted_as_refused()
    {
        var (logs, other) = (_harness.NewInstance(_metrics), _harness.NewInstance());
        await _harness.AppendAsync(logs, "a");
        await _harness.AppendAsync(other, "b");

        await _harness.AppendAsync(logs, "c");

        Assert.Equal(1, _measured.Sum("serverless.append.attempts", "serverless.append.outcome=refused"));
        Assert.Equal(2, _measured.Sum("serverless.append.attempts", "serverless.append.outcome=appended"));
    }

    [Fact]
    public async Task One_whose_reply_was_lost_is_counted_as_unknown()
    {
        var logs = _harness.NewInstance(_metrics);
        _harness.Faults.Appends[1] = AppendFault.LostReply;

        await _harness.AppendAsync(logs, "a");

        Assert.Equal(["serverless.append.outcome=unknown"], _measured.TagsOf("serverless.append.attempts"));
    }

    [Theory]
    [InlineData("sequence")]
    [InlineData("key")]
    public async Task A_batch_that_comes_again_is_counted_by_what_it_is_known_by(string kind)
    {
        AppendIdentity identity = kind == "sequence"
            ? new AppendIdentity.Sequence(7, 0, 0, LeavesOut: false)
            : new AppendIdentity.Key(77, 0);
        var logs = _harness.NewInstance(_metrics);
        var batch = _harness.Batch("a");
        await _harness.Run(logs.AppendAsync(_harness.Topic, 0, batch, identity, default).AsTask());
        Assert.Equal(0, _measured.Sum("serverless.append.duplicates"));

        await _harness.Run(logs.AppendAsync(_harness.Topic, 0, batch, identity, default).AsTask());

        Assert.Equal(1, _measured.Sum("serverless.append.duplicates", $"serverless.duplicate.kind={kind}"));
    }

    [Fact]
    public async Task Who_is_given_no_metrics_measures_for_nobody()
    {
        await _harness.AppendAsync(_harness.NewInstance(), "a");

        Assert.Empty(_measured.All);
    }

    [Fact]
    public async Task Where_nobody_listens_a_measurement_allocates_nothing()
    {
        // Spans have one source in a process, which tests beside this one listen to now and then.
        for (var tries = 0; tries < 600; tries++)
        {
            var wasSilent = !LogTracing.Source.HasListeners();
            var allocated = Allocated();
            if (wasSilent && !LogTracing.Source.HasListeners())
            {
                Assert.InRange(allocated, 0, 1_000);
                return;
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.Fail("There was always somebody who listened.");
    }

    private long Allocated()
    {
        var silent = LogMetrics.None;
        silent.Sent("t", 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var n = 0; n < 1_000; n++)
        {
            silent.Sent("t", 3);
            silent.Consumed(MessagingKind.Poll, "t", "g", 3);
            silent.AppendAttempted(Storage.AppendOutcome.Appended, 100);
            silent.DeliveryAttempted("g", "webhook", "done", 2);
            MessagingOperation.Start(MessagingKind.Commit, silent, _harness.Clock, "t")?.Dispose();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
