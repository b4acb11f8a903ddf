using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Records;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Engine;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Workload;

/// <summary>A consumer of one group: joins, polls, commits, seeks back, pauses too long, leaves or just vanishes, and comes again.</summary>
/// <remarks>
/// When the reply to a poll is lost, so are its records: only an instance that never polls again leaves them uncommitted.
/// So this client, which wants every record at least once, then gives its instance up and begins with another; and so it
/// does after a commit of all that was delivered of which it does not know whether it was made.
/// </remarks>
internal sealed class Member(Cluster cluster, Client client, GroupShape group, TopicNames topics)
{
    private readonly Random _random = client.Random;
    private readonly GroupClaims _claims = cluster.Audit.Group(group.Name).Claims;
    private int _instances;
    private string _name = "";

    public async Task RunAsync()
    {
        while (!topics.Healed)
        {
            if (await JoinAsync())
            {
                await LiveAsync();
            }

            await client.PauseAsync(_random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(10)));
        }
    }

    /// <summary>Makes an instance and subscribes it; false where nobody can say what became of it.</summary>
    public async Task<bool> JoinAsync()
    {
        var staticId = group.StaticIds ? client.Name : null;
        if (staticId is not null && _instances > 0)
        {
            // Who takes over a static member ends the membership of its former process.
            _claims.Leaves(staticId);
        }

        _name = $"{client.Name}-{++_instances}";
        var settings = group.Settings with { GroupInstanceId = staticId };
        var created = await CallAsync(
            "join", (groups, name, cancellationToken) => groups.CreateInstanceAsync(group.Name, name, settings, false, cancellationToken));
        if (!Done(created))
        {
            return false;
        }

        var subscribed = await CallAsync(
            "subscribe",
            (groups, name, cancellationToken) => groups.SubscribeAsync(group.Name, name, group.Subscription(topics), cancellationToken));
        return Done(subscribed);
    }

    /// <summary>One poll, checked; false where the instance is of no use any more.</summary>
    public async Task<bool> PollAsync(TimeSpan wait)
    {
        var request = new PollRequest { Wait = wait, MaxRecords = _random.Next(1, 30), Showable = (in Record _) => true };
        var reply = await CallAsync(
            "poll", (groups, name, cancellationToken) => groups.PollAsync(group.Name, name, request, cancellationToken));
        if (reply.Outcome != Outcome.Ok)
        {
            return false;
        }

        var answer = reply.Value!;
        foreach (var slice in answer.Slices)
        {
            Received(slice);
        }

        Guarantee.Holds(
            answer.Error is ErrorCode.None or ErrorCode.UnknownMemberId, "A1", $"{_name}: a poll said {answer.Error} {answer.Message}");
        return answer.Error == ErrorCode.None;
    }

    private async Task LiveAsync()
    {
        for (var polls = _random.Next(3, 25); polls > 0 && !topics.Healed; polls--)
        {
            if (!await PollAsync(_random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(4))))
            {
                return;
            }

            var action = _random.Next(12);
            if (action is 1 or 2 && !await CommitDeliveredAsync())
            {
                return;
            }

            await (action switch
            {
                0 => CallAsync("heartbeat", (groups, name, cancellationToken) =>
                    groups.HeartbeatAsync(group.Name, name, cancellationToken)),
                3 => CommitPositionsAsync(),
                4 => SeekBackAsync(),
                5 or 6 => ReadCommitsAsync(),
                _ => Task.CompletedTask,
            });
            var pause = _random.Chance(0.1) ? group.Settings.SessionTimeout * 1.5 : TimeSpan.FromSeconds(2);
            await client.PauseAsync(_random.Between(TimeSpan.Zero, pause));
        }

        if (_random.Chance(0.5))
        {
            _claims.Leaves(_name);
            await CallAsync("leave", (groups, name, cancellationToken) => groups.DeleteInstanceAsync(group.Name, name, cancellationToken));
        }
    }

    private void Received(PolledSlice slice)
    {
        // The topic by the records themselves: its name may mean another by now.
        var walk = new RecordBatchReader(slice.Batches.Span);
        walk.TryRead(out _, out var batch);
        using var records = RecordReader.Open(batch);
        records.TryRead(out var record);
        var send = cluster.Audit.SendOf(System.Text.Encoding.UTF8.GetString(record.Value));
        Guarantee.Holds(send is not null, "L4", $"{_name}: nobody sent what was polled of {slice.At}.");
        var log = cluster.Audit.Of(send!.TopicId, send.Partition);
        FetchCheck.Slice(log, slice);
        _claims.Offsets(send.TopicId, send.Partition).Received(group.Name, _name, slice.FromOffset, slice.ToOffset, log);
        log.SawEnd(slice.ToOffset);
    }

    // Should it be made only later, it would commit what a later poll delivers, whether or not its reply arrives. So where
    // nobody can say, this instance does not poll on.
    private async Task<bool> CommitDeliveredAsync()
    {
        var reply = await CallAsync(
            "commit", (groups, name, cancellationToken) => groups.CommitAsync(group.Name, name, null, cancellationToken));
        return reply.Outcome == Outcome.Ok;
    }

    // What it stands at was delivered by polls that it has the replies of.
    private async Task CommitPositionsAsync()
    {
        var positions = await CallAsync("positions", (groups, name, cancellationToken) =>
            groups.PositionsAsync(group.Name, name, cancellationToken));
        if (positions is not { Outcome: Outcome.Ok, Value: { Error: ErrorCode.None, Value: { Count: > 0 } offsets } }
            || topics.Changes)
        {
            return;
        }

        var tag = $"{_name}#{_random.Next()}";
        var commits = offsets.Where(offset => DeliveredTo(offset.At) >= offset.Offset)
            .Select(offset => offset with { Metadata = tag }).ToList();
        if (commits.Count == 0)
        {
            return;
        }

        // Should it be made only later, it takes the others back.
        commits.ForEach(commit => OffsetsOf(commit.At).Rewound = true);
        var reply = await CallAsync("commit positions", (groups, name, cancellationToken) =>
            groups.CommitAsync(group.Name, name, commits, cancellationToken));
        if (reply is { Outcome: Outcome.Ok, Value.Error: not ErrorCode.None })
        {
            _claims.Refused(tag);
        }
        else if (reply is { Outcome: Outcome.Ok, Value.Error: ErrorCode.None })
        {
            Guarantee.Holds(
                commits.All(commit => OffsetsOf(commit.At).Shows(tag)), "L12", $"{_name}: the commit {tag} was answered and is not stored.");
        }
    }

    private async Task SeekBackAsync()
    {
        if (topics.Changes || await topics.FindAsync(client) is not { } topic)
        {
            return;
        }

        var at = new TopicPartition(topic.Name, _random.Next(topic.Partitions));
        OffsetsOf(at).Rewound = true;
        await CallAsync($"seek {at} back", (groups, name, cancellationToken) =>
            groups.SeekAsync(group.Name, name, [new SeekTarget(at, SeekKind.Beginning)], cancellationToken));
    }

    private async Task ReadCommitsAsync()
    {
        if (topics.Changes || await topics.FindAsync(client) is not { } topic)
        {
            return;
        }

        var at = new TopicPartition(topic.Name, _random.Next(topic.Partitions));
        var offsets = OffsetsOf(at);
        var version = offsets.Version;
        var reply = await CallAsync($"read commit of {at}", (groups, name, cancellationToken) =>
            groups.CommittedAsync(group.Name, name, [at], cancellationToken));
        if (reply is { Outcome: Outcome.Ok, Value: { Error: ErrorCode.None, Value: { } read } })
        {
            offsets.Read(group.Name, read.Count == 0 ? -1 : read[0].Offset, version);
        }
    }

    private GroupOffsets OffsetsOf(TopicPartition at) =>
        _claims.Offsets(cluster.Audit.Topics.Find(at.Topic)!.Id, at.Partition);

    private long DeliveredTo(TopicPartition at) =>
        OffsetsOf(at).DeliveredTo(cluster.Audit.Of(cluster.Audit.Topics.Find(at.Topic)!.Id, at.Partition));

    // The name is that of the instance that asked: the request may be served when this client is another one already.
    private Task<Reply<T>> CallAsync<T>(string what, Func<IConsumerGroups, string, CancellationToken, ValueTask<T>> call)
    {
        var name = _name;
        return client.CallAsync(
            client.AnyInstance(), $"{what} {group.Name}/{name}", (at, cancellationToken) => call(at.Groups, name, cancellationToken));
    }

    private static bool Done(Reply<GroupAnswer> reply) => reply is { Outcome: Outcome.Ok, Value.Error: ErrorCode.None };
}

/// <summary>One group of a seed; all of its members are alike.</summary>
internal sealed record GroupShape(string Name, ConsumerSettings Settings, bool StaticIds, bool ByPattern)
{
    public static GroupShape Draw(string name, Random shape)
    {
        var session = TimeSpan.FromSeconds(shape.LogUniform(5, 60));
        return new GroupShape(
            name,
            new ConsumerSettings
            {
                AutoOffsetReset = AutoOffsetReset.Earliest,
                AutoCommit = shape.Chance(0.6),
                Assignor = shape.Pick(["uniform", "range", "roundrobin"]),
                SessionTimeout = session,
                InstanceTimeout = session * (1 + (2 * shape.NextDouble())),
            },
            shape.Chance(0.3),
            shape.Chance(0.3));
    }

    public Subscription Subscription(TopicNames topics) =>
        ByPattern ? new Subscription(null, "topic.*") : new Subscription(topics.Names, null);
}
