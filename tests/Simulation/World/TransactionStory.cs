using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Records;
using Serverless.Core.Topics;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Workload;

namespace Serverless.Simulation.World;

/// <summary>One transaction in a short story: a consumer that has polled, two partitions to write to, and offsets to add.</summary>
internal sealed class TransactionStory
{
    private const string In = "topic0", Out = "topic1", Group = "group0", Consumer = "c1", Id = "program";
    private const int Timeout = 20;

    private readonly Scenario _at;
    private readonly TransactionProgram _program;
    private long _added = -1;

    private TransactionStory(Scenario at) =>
        (_at, _program) = (at, new TransactionProgram(at.Cluster, at.Client, Id, TimeSpan.FromSeconds(Timeout)));

    private Topic Target => _at.Cluster.Audit.Topics.Find(Out)!;

    /// <summary>Makes topics and records, and a consumer that has polled them.</summary>
    public static async Task<TransactionStory> BeginAsync(Scenario at)
    {
        var story = new TransactionStory(at);
        at.Check = story.CheckAsync;
        await at.SendAsync(await at.CreateAsync(In), batches: 1);
        await at.CreateAsync(Out, partitions: 2);
        var settings = new ConsumerSettings
        {
            AutoOffsetReset = AutoOffsetReset.Earliest,
            AutoCommit = false,
            DeliveryMode = DeliveryMode.ExactlyOnce,
            IsolationLevel = IsolationLevel.ReadCommitted,
            SessionTimeout = TimeSpan.FromHours(2),
            InstanceTimeout = TimeSpan.FromHours(2),
        };
        await at.TriedAsync("join", async (instance, token) =>
            (await instance.Groups.CreateInstanceAsync(Group, Consumer, settings, replace: false, requestId: null, token)).Error == ErrorCode.None);
        await at.TriedAsync("subscribe", async (instance, token) =>
            (await instance.Groups.SubscribeAsync(Group, Consumer, new Subscription([In], null), token)).Error == ErrorCode.None);
        await at.TriedAsync("poll", async (instance, token) =>
            (await instance.Groups.PollAsync(Group, Consumer, new PollRequest { Wait = TimeSpan.Zero, Showable = (in Record _) => true }, token))
                .Slices.Count > 0);
        return story;
    }

    /// <summary>Fills a transaction: records in two partitions, and an offset. False where it came to nothing.</summary>
    public async Task<bool> FillAsync()
    {
        await _at.UpAsync();
        if (!await _program.BeginAsync())
        {
            return false;
        }

        var good = await _program.SendAsync(Target, 0, index => $"a{_at.Loop.Now.Ticks}.{index}", 2);
        good = good && await _program.SendAsync(Target, 1, index => $"b{_at.Loop.Now.Ticks}.{index}", 1);
        if (good && await _program.AddOffsetsAsync(Group, Consumer, [new GroupOffset(new TopicPartition(In, 0), 1)]))
        {
            _added = 1;
            return true;
        }

        return false;
    }

    public async Task EndAsync(bool commit)
    {
        await _at.UpAsync();
        if (_program.HasOpen)
        {
            await _program.EndAsync(commit);
        }
    }

    /// <summary>Another instance of the same transactional id comes.</summary>
    public Task TakeOverAsync() => _at.TriedAsync("take over", async (instance, token) =>
        (await instance.Transactions.InitAsync(Id, TimeSpan.FromSeconds(Timeout), token)).Error == ErrorCode.None);

    /// <summary>What the timers make of it, once the timeout is over.</summary>
    public async Task SweepAsync()
    {
        await _at.Client.PauseAsync(TimeSpan.FromSeconds(Timeout + 5));
        for (var shards = 0; shards < 16; shards++)
        {
            await _at.TriedAsync("sweep", async (instance, token) =>
            {
                await instance.Transactions.SweepAsync(token);
                return true;
            });
        }
    }

    // All that is left open is decided by the timers; records and offsets went the same way.
    private async Task CheckAsync()
    {
        await SweepAsync();
        foreach (var log in _at.Cluster.Audit.Transactions.Logs)
        {
            Guarantee.Holds(log.LastStable == log.End, "T9", $"{log.Name} has something undecided at {log.LastStable}.");
        }

        var offsets = await _at.Client.CallAsync(
            await _at.UpAsync(), "committed",
            (instance, token) => instance.Groups.GroupOffsetsAsync(Group, [new TopicPartition(In, 0)], token));
        var committed = (offsets.Value ?? []).Select(offset => offset.Offset).DefaultIfEmpty(-1).First();
        var anyIsCommitted = _at.Cluster.Audit.Transactions.Logs.Any(
            log => log.Records.Where((record, offset) => record.Send?.Identity is not null && log.IsCommitted(offset)).Any());
        Guarantee.Holds(
            committed >= 0 == anyIsCommitted || _added < 0, "T1",
            $"Of the records {(anyIsCommitted ? "some are" : "none is")} committed, and the group stands at {committed}.");
    }
}
