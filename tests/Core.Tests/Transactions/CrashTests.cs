using Serverless.Core.Storage;
using Serverless.Core.Transactions;
using Xunit;
using static Serverless.Core.Tests.Transactions.TransactionWorld;

namespace Serverless.Core.Tests.Transactions;

/// <summary>One whole transaction, with each of its changes of storage going wrong in each way.</summary>
public sealed class CrashTests
{
    // Past the last change of the script: the loop over them must come to where nothing is left to go wrong.
    private const int ChangesMax = 60;

    public static TheoryData<int, bool> Failures
    {
        get
        {
            var data = new TheoryData<int, bool>();
            foreach (var failure in Enum.GetValues<Failure>())
            {
                data.Add((int)failure, true);
                data.Add((int)failure, false);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public Task Whatever_goes_wrong_the_sweep_ends_in_one_decision(int failure, bool commit) =>
        EachAsync((Failure)failure, commit, world => world.RecoverAsync());

    [Theory]
    [MemberData(nameof(Failures))]
    public Task Whatever_goes_wrong_the_next_instance_ends_in_one_decision(int failure, bool commit) =>
        EachAsync((Failure)failure, commit, world => InitAsync(world.Start()));

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Whatever_goes_wrong_with_the_sweep_the_next_one_ends_it(int failure, bool commit)
    {
        for (var at = 1; ; at++)
        {
            Assert.True(at < ChangesMax);
            var world = new TransactionWorld(at);
            var script = new Script();
            await script.RunAsync(world.First, commit, end: false);
            var step = script.Step!;
            if (commit)
            {
                // Decided, and then it went no further: the first change is the decision.
                var decider = world.Start();
                (decider.Stores.At, decider.Stores.Failure) = (2, Failure.CrashBefore);
                await Assert.ThrowsAsync<CrashException>(() => EndAsync(decider, step, commit: true));
            }

            var sweeper = world.Start();
            (sweeper.Stores.At, sweeper.Stores.Failure) = (at, (Failure)failure);
            world.Clock.Advance(TimeSpan.FromMinutes(2));
            try
            {
                await SweepAsync(sweeper);
            }
            catch (CrashException)
            {
            }

            await sweeper.Stores.DrainAsync();
            await world.RecoverAsync();

            await CheckAsync(world, committed: commit, $"{(Failure)failure} at {at}");
            if (sweeper.Stores.Changes < at)
            {
                return;
            }
        }
    }

    private static async Task EachAsync(Failure failure, bool commit, Func<TransactionWorld, Task> recover)
    {
        for (var at = 1; ; at++)
        {
            Assert.True(at < ChangesMax);
            var world = new TransactionWorld(at);
            var by = world.Start();
            (by.Stores.At, by.Stores.Failure) = (at, failure);
            var script = new Script();
            await script.RunAsync(by, commit);
            await by.Stores.DrainAsync();
            var what = $"{failure} at {at}, after {script.Done} steps";

            // Only a crash is not to be mended by the request itself.
            Assert.True(failure is Failure.CrashBefore or Failure.CrashAfter || script.Done == Script.Steps, what);
            if (script.Done < Script.Steps)
            {
                await recover(world);
            }

            await CheckAsync(world, script.Done == Script.Steps ? commit : null, what);
            await world.RecoverAsync();
            await CheckAsync(world, script.Done == Script.Steps ? commit : null, what);
            await GoOnAsync(world);
            if (by.Stores.Changes < at)
            {
                Assert.Equal(Script.Steps, script.Done);
                return;
            }
        }
    }

    // All of it or nothing of it; and nobody waits for it any more.
    private static async Task CheckAsync(TransactionWorld world, bool? committed, string what)
    {
        var values = await world.ReadAsync();
        committed ??= values.Count > 0;
        Assert.Equal((what, committed == true ? "a,c,b" : ""), (what, string.Join(',', values)));
        Assert.Equal((what, committed == true ? 7 : -1), (what, await world.CommittedAsync(0)));
        Assert.Equal((what, committed == true ? 9 : -1), (what, await world.CommittedAsync(1)));
        if (await world.Start().Transactions.FindAsync(Id, default) is { } row)
        {
            Assert.True(
                row.State is TransactionState.Empty or TransactionState.CompleteCommit or TransactionState.CompleteAbort, what);
            Assert.Empty(row.Partitions);
        }

        for (var partition = 0; partition < 2; partition++)
        {
            var marks = await world.MarksAsync(partition);
            Assert.Equal((what, marks.LogEndOffset), (what, marks.LastStableOffset));
        }
    }

    private static async Task GoOnAsync(TransactionWorld world)
    {
        var by = world.Start();
        var step = await BegunAsync(by);
        Assert.Equal(ErrorCode.None, await world.ProduceAsync(by, step, (0, "next")));
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(by, step, 8));
        Assert.Equal(ErrorCode.None, await EndAsync(by, step, commit: true));
        Assert.Contains("next", await world.ReadAsync());
        Assert.Equal(8, await world.CommittedAsync());
    }

    /// <summary>A program's whole transaction. It stops where its process ends.</summary>
    internal sealed class Script
    {
        public const int Steps = 7;

        public int Done { get; private set; }

        public TransactionStep? Step { get; private set; }

        public async Task RunAsync(Process by, bool commit, bool end = true)
        {
            try
            {
                var instance = await InitAsync(by);
                Done++;
                var begun = await by.Transactions.BeginAsync(new(Id, instance.InstanceId), default);
                Ok(begun.Error);
                Step = new(Id, instance.InstanceId, begun.Value!.ProducerEpoch);
                Ok(await ProduceAsync(by, Step, new("out", "out-2", 2, Core.Topics.TopicSettings.Default), (0, "a"), (1, "b")));
                Ok(await AddOffsetAsync(by, Step, 7));
                Ok(await ProduceAsync(by, Step, new("out", "out-2", 2, Core.Topics.TopicSettings.Default), (0, "c")));
                Ok(await AddOffsetAsync(by, Step, 9, partition: 1));
                if (end)
                {
                    Ok(await EndAsync(by, Step, commit));
                }
            }
            catch (CrashException)
            {
            }
        }

        /// <summary>The same for a process that others may have passed: it stops at the first error, and tells it.</summary>
        public async Task<string> TryAsync(Process by)
        {
            try
            {
                await RunAsync(by, commit: true);
                return "none";
            }
            catch (RefusedException e)
            {
                return e.Message;
            }
            catch (StorageException e)
            {
                return e.Message;
            }
        }

        private void Ok(ErrorCode error)
        {
            if (error != ErrorCode.None)
            {
                throw new RefusedException(error);
            }

            Done++;
        }
    }

    private sealed class RefusedException(ErrorCode error) : Exception($"{error}");
}
