using Serverless.Core.Log;
using Xunit;

namespace Serverless.Core.Tests.Log;

public sealed class WaitTests
{
    private static PartitionPosition At(LogHarness harness, long offset) => new(harness.Topic, 0, offset);

    [Fact]
    public async Task An_append_of_this_instance_ends_a_wait_at_once()
    {
        var harness = new LogHarness();
        var logs = harness.NewInstance();
        await harness.AppendAsync(logs, "a");
        var waiting = logs.WaitAsync([At(harness, 1)], TimeSpan.FromSeconds(30), default).AsTask();

        await logs.AppendAsync(harness.Topic, 0, harness.Batch("b"), default);

        Assert.True(await waiting.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task An_append_of_another_instance_is_found_by_looking_again()
    {
        var harness = new LogHarness();
        var (logs, other) = (harness.NewInstance(), harness.NewInstance());
        await harness.AppendAsync(logs, "a");
        var waiting = logs.WaitAsync([At(harness, 1)], TimeSpan.FromSeconds(30), default).AsTask();

        await other.AppendAsync(harness.Topic, 0, harness.Batch("b"), default);

        Assert.True(await harness.Run(waiting));
    }

    [Fact]
    public async Task An_empty_wait_of_30_s_is_at_most_30_reads_and_nothing_else()
    {
        var harness = new LogHarness();
        var logs = harness.NewInstance();
        await harness.AppendAsync(logs, "a");
        await logs.FetchAsync(harness.Topic, 0, 1, 1024, default);
        var before = harness.Meter.Read();

        var found = await harness.Run(logs.WaitAsync([At(harness, 1)], TimeSpan.FromSeconds(30), default).AsTask());

        var calls = harness.Meter.Read() - before;
        Assert.False(found);
        Assert.InRange(calls.Reads, 20, 27);
        Assert.Equal(0, calls.Tables);
    }

    [Fact]
    public async Task Waiting_for_a_partition_that_nobody_wrote_to_costs_no_table_call_either()
    {
        var harness = new LogHarness();
        var logs = harness.NewInstance();
        await logs.FetchAsync(harness.Topic, 0, 0, 1024, default);
        var before = harness.Meter.Read();

        await harness.Run(logs.WaitAsync([At(harness, 0)], TimeSpan.FromSeconds(30), default).AsTask());

        Assert.Equal(0, (harness.Meter.Read() - before).Tables);
    }

    [Fact]
    public async Task A_wait_ends_when_its_caller_gives_up()
    {
        var harness = new LogHarness();
        var logs = harness.NewInstance();
        await harness.AppendAsync(logs, "a");
        using var caller = new CancellationTokenSource();
        var waiting = logs.WaitAsync([At(harness, 1)], TimeSpan.FromSeconds(30), caller.Token).AsTask();

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task A_read_answers_at_once_when_its_wait_is_said_to_be_over()
    {
        var harness = new LogHarness();
        var logs = harness.NewInstance();
        await harness.AppendAsync(logs, "a");
        using var stop = new CancellationTokenSource();
        var request = new ReadRequest
        {
            Wait = TimeSpan.FromSeconds(60), WaitIsOver = stop.Token, MaxBytes = 1_000, MaxRecords = 10, Showable = (scoped in _) => true,
        };
        var reading = new DirectReader(logs, harness.Clock).ReadAsync(harness.Topic, 0, 1, request, default).AsTask();
        Assert.False(reading.IsCompleted);

        await stop.CancelAsync();
        var answer = await reading.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal((ErrorCode.None, 1, 1), (answer.Error, answer.Slice.FromOffset, answer.Slice.ToOffset));
    }

    [Fact]
    public async Task What_is_there_already_is_not_waited_for()
    {
        var harness = new LogHarness();
        var logs = harness.NewInstance();
        await harness.AppendAsync(logs, "a");

        Assert.True(await logs.WaitAsync([At(harness, 0)], TimeSpan.FromSeconds(30), default));
    }
}
