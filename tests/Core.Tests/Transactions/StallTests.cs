using Serverless.Core.Transactions;
using Xunit;
using static Serverless.Core.Tests.Transactions.TransactionWorld;

namespace Serverless.Core.Tests.Transactions;

/// <summary>A process stands still before any one of its storage calls, for as long as others need to go on without it.</summary>
public sealed class StallTests
{
    private const int CallsMax = 120;

    public static TheoryData<int> Meanwhiles => [.. Enum.GetValues<Meanwhile>().Select(meanwhile => (int)meanwhile)];

    public enum Meanwhile
    {
        /// <summary>The timer comes by when the transaction's time is over.</summary>
        Sweep,

        /// <summary>Another instance takes over and commits a transaction of its own.</summary>
        TakeOver,

        /// <summary>The program gives the request up, aborts by another process, and goes on with the next transaction.</summary>
        GoOn,

        /// <summary>The program gives the request up, commits by another process, and goes on with the next transaction.</summary>
        CommitAndGoOn,

        /// <summary>The same, and the next transaction stays open.</summary>
        StaysOpen,

        /// <summary>A program with another transactional id does the work.</summary>
        Another,
    }

    [Theory]
    [MemberData(nameof(Meanwhiles))]
    public async Task Whoever_wakes_up_late_changes_nothing_of_what_others_did(int meanwhile)
    {
        for (var at = 1; ; at++)
        {
            Assert.True(at < CallsMax);
            var world = new TransactionWorld(at);
            var sleeper = world.Start();
            var script = new CrashTests.Script();
            var (calls, others) = (0, default(Others?));
            sleeper.Stores.Before = async () =>
            {
                if (++calls == at)
                {
                    world.Clock.Advance(TimeSpan.FromMinutes(15));
                    others = await MeanwhileAsync(world, (Meanwhile)meanwhile, script.Step);
                }
            };
            var error = await script.TryAsync(sleeper);
            var what = $"{(Meanwhile)meanwhile} before call {at}, after {script.Done} steps ({error})";

            if ((Meanwhile)meanwhile != Meanwhile.Another)
            {
                // Who aborts another's transaction to have a partition leaves its markers to the sweep.
                await CheckAsync(world, script, others, what);
            }

            if (others is { Open: { } open })
            {
                Assert.Equal((what, ErrorCode.None), (what, await EndAsync(world.Start(), open, commit: true)));
            }

            await world.RecoverAsync();
            await CheckAsync(world, script, others is null ? null : others with { Open = null }, what);
            if (calls < at)
            {
                Assert.Equal(CrashTests.Script.Steps, script.Done);
                Assert.True(at > 15);
                return;
            }
        }
    }

    /// <summary>What others did: whether they committed "next" and its offset, and what had become of the sleeper's transaction before.</summary>
    private sealed record Others(bool HaveCommitted, Fate Sleeper, TransactionStep? Open = null);

    private enum Fate
    {
        Open,
        Committed,

        /// <summary>Without asking whether all was in it that was to be.</summary>
        CommittedEarly,
        Aborted,
    }

    private static async Task<Others> MeanwhileAsync(TransactionWorld world, Meanwhile meanwhile, TransactionStep? step)
    {
        var by = world.Start();
        var before = await by.Transactions.FindAsync(Id, default);
        var fate = before?.State is TransactionState.PrepareCommit or TransactionState.CompleteCommit ? Fate.Committed : Fate.Open;
        switch (meanwhile)
        {
            case Meanwhile.Sweep:
                await SweepAsync(by);
                return new(false, before?.State == TransactionState.Ongoing ? Fate.Aborted : fate);
            case Meanwhile.TakeOver:
                await CommitNextAsync(world, by, await BegunAsync(by));
                return new(true, before?.State == TransactionState.Ongoing ? Fate.Aborted : fate);
            case Meanwhile.Another:
                var other = Ok(await by.Transactions.InitAsync("other", null, default));
                return new(await NextAsync(world, by, await BegunAsync(by, other, "other")), fate);
        }

        if (step is null)
        {
            return new(false, fate);
        }

        var commits = meanwhile == Meanwhile.CommitAndGoOn;
        var ended = await EndAsync(by, step, commits);
        fate = ended != ErrorCode.None ? fate
            : !commits ? Fate.Aborted
            : fate == Fate.Committed ? fate
            : Fate.CommittedEarly;
        var begun = await by.Transactions.BeginAsync(step with { Epoch = null }, default);
        if (begun.Value is not { } instance)
        {
            return new(false, fate);
        }

        var next = step with { Epoch = instance.ProducerEpoch };
        if (meanwhile != Meanwhile.StaysOpen)
        {
            await CommitNextAsync(world, by, next);
            return new(true, fate);
        }

        Assert.Equal(ErrorCode.None, await world.ProduceAsync(by, next, (0, "next")));
        Assert.Equal(ErrorCode.None, await AddOffsetAsync(by, next, 20));
        return new(true, fate, next);
    }

    private static async Task CommitNextAsync(TransactionWorld world, Process by, TransactionStep step) =>
        Assert.True(await NextAsync(world, by, step));

    // False where the offset of the sleeper, which is not decided, is in the way.
    private static async Task<bool> NextAsync(TransactionWorld world, Process by, TransactionStep step)
    {
        Assert.Equal(ErrorCode.None, await world.ProduceAsync(by, step, (0, "next")));
        var added = await AddOffsetAsync(by, step, 20);
        Assert.True(added is ErrorCode.None or ErrorCode.UnstableOffsetCommit);
        Assert.Equal(ErrorCode.None, await EndAsync(by, step, commit: added == ErrorCode.None));
        return added == ErrorCode.None;
    }

    private static async Task CheckAsync(TransactionWorld world, CrashTests.Script script, Others? others, string what)
    {
        var values = await world.ReadAsync();
        var haveCommitted = others is { HaveCommitted: true, Open: null };
        Assert.Equal((what, haveCommitted ? 1 : 0), (what, values.Count(value => value == "next")));
        values.Remove("next");
        var (first, second) = (await world.CommittedAsync(0), await world.CommittedAsync(1));
        if (others?.Sleeper == Fate.CommittedEarly)
        {
            // Whatever was acknowledged is in it, and nothing twice; of the rest each may be.
            Assert.True(script.Done < 3 || (values.Contains("a") && values.Contains("b")), what);
            Assert.True(script.Done < 5 || values.Contains("c"), what);
            Assert.True(script.Done < 6 || second == 9, what);
            Assert.Equal((what, values.Count), (what, values.Distinct().Count()));
            Assert.Equal((what, haveCommitted ? 20 : 7), (what, haveCommitted || script.Done >= 4 ? first : 7));
        }
        else
        {
            // Offsets go with the records, and what was committed later stands.
            var isCommitted = script.Done == CrashTests.Script.Steps || others?.Sleeper == Fate.Committed;
            Assert.Equal((what, isCommitted ? "a,c,b" : ""), (what, string.Join(',', values)));
            var wasFirst = !isCommitted || others?.Sleeper == Fate.Committed;
            Assert.Equal((what, haveCommitted && wasFirst ? 20 : isCommitted ? 7 : -1), (what, first));
            Assert.Equal((what, isCommitted ? 9 : -1), (what, second));
        }

        for (var partition = 0; partition < 2 && others?.Open is null; partition++)
        {
            var marks = await world.MarksAsync(partition);
            Assert.Equal((what, marks.LogEndOffset), (what, marks.LastStableOffset));
        }
    }
}
