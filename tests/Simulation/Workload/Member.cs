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
internal sealed class Member
{
    private readonly Cluster _cluster;
    private readonly Client _client;
    private readonly GroupShape _group;
    private readonly TopicNames _topics;
    private readonly Random _random;
    private readonly GroupClaims _claims;
    private int _instances;

    // Nothing that this instance was asked is without an answer: another of its name cannot meet it.
    private bool _isQuiet;

    public Member(Cluster cluster, Client client, GroupShape group, TopicNames topics)
    {
        (_cluster, _client, _group, _topics, _random) = (cluster, client, group, topics, client.Random);
        _claims = cluster.Audit.Group(group.Name).Claims;
        _claims.AtMostOnce = group.Settings.DeliveryMode == DeliveryMode.AtMostOnce;
    }

    public string Name { get; private set; } = "";

    /// <summary>It does what it is told and no more: nothing twice, nothing at once, nothing late.</summary>
    public bool IsPlain { get; init; }

    public async Task RunAsync()
    {
        while (!_topics.Healed)
        {
            if (await JoinAsync())
            {
                await LiveAsync();
            }

            await _client.PauseAsync(_random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(10)));
        }
    }

    /// <summary>Makes an instance and subscribes it; false where nobody can say what became of it.</summary>
    public async Task<bool> JoinAsync()
    {
        var staticId = _group.StaticIds ? _client.Name : null;
        if (staticId is not null && _instances > 0)
        {
            _claims.Returns(staticId);
        }

        // A process that begins anew may take its former name over.
        var replace = staticId is null && _isQuiet && !IsPlain && _random.Chance(0.3);
        if (replace)
        {
            _claims.Leaves(Name);
        }
        else
        {
            Name = $"{_client.Name}-{++_instances}";
        }

        _isQuiet = true;
        var settings = _group.Settings with { GroupInstanceId = staticId };
        var created = await TwiceAsync(
            replace ? "replace" : "join",
            (groups, name, cancellationToken) => groups.CreateInstanceAsync(_group.Name, name, settings, replace, cancellationToken),
            answer => answer.Error, ErrorCode.UnreleasedInstanceId);
        if (!Done(created))
        {
            return false;
        }

        _claims.Stays(Name);
        return await SubscribeAsync();
    }

    /// <summary>One poll, checked, or two at a time; false where the instance is of no use any more.</summary>
    public async Task<bool> PollAsync(TimeSpan wait)
    {
        // With auto-commit the next poll is the client's word that it has the records of the one before: so it waits for them.
        var atOnce = !_group.IsAutomatic && !IsPlain && _random.Chance(0.1) ? 2 : 1;
        var replies = await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => OneAsync()));
        var good = true;
        foreach (var reply in replies)
        {
            foreach (var slice in reply.Value?.Slices ?? [])
            {
                Received(slice);
            }

            good &= reply is { Outcome: Outcome.Ok, Value.Error: ErrorCode.None };
            Guarantee.Holds(
                reply.Outcome != Outcome.Ok || reply.Value!.Error is ErrorCode.None or ErrorCode.UnknownMemberId, "A1",
                $"{Name}: a poll said {reply.Value?.Error} {reply.Value?.Message}");
        }

        return good;

        Task<Reply<PollAnswer>> OneAsync()
        {
            var request = new PollRequest { Wait = wait, MaxRecords = _random.Next(1, 30), Showable = (in Record _) => true };
            return CallAsync(
                "poll", (groups, name, cancellationToken) => groups.PollAsync(_group.Name, name, request, cancellationToken),
                answer => answer.Error);
        }
    }

    public async Task<bool> LeaveAsync()
    {
        _claims.Leaves(Name);
        var name = Name;
        var left = await TwiceAsync(
            "leave", (groups, of, cancellationToken) => groups.DeleteInstanceAsync(_group.Name, of, cancellationToken),
            answer => answer.Error, ErrorCode.UnknownMemberId);
        _isQuiet = false;
        Guarantee.Holds(
            left.Outcome != Outcome.Ok || !_cluster.Audit.Group(_group.Name).Has(name), "A6", $"{name} was told that it has left, and is there.");
        return left.Outcome == Outcome.Ok;
    }

    private async Task LiveAsync()
    {
        for (var polls = _random.Next(3, 25); polls > 0 && !_topics.Healed; polls--)
        {
            // A commit beside a poll, as of a consumer that processes while it fetches on: both move the same rows.
            var poll = PollAsync(_random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(4)));
            var beside = _random.Chance(0.15) ? CommitPositionsAsync() : Task.CompletedTask;
            await beside;
            if (!await poll || !await ActAsync(_random.Next(16)))
            {
                return;
            }

            var pause = _random.Chance(0.1) ? _group.Settings.SessionTimeout * 1.5 : TimeSpan.FromSeconds(2);
            await _client.PauseAsync(_random.Between(TimeSpan.Zero, pause));
        }

        if (_random.Chance(0.5))
        {
            await LeaveAsync();
        }
    }

    private async Task<bool> ActAsync(int action)
    {
        switch (action)
        {
            case 0:
                await TwiceAsync(
                    "heartbeat", (groups, name, cancellationToken) => groups.HeartbeatAsync(_group.Name, name, cancellationToken),
                    answer => answer.Error, ErrorCode.UnknownMemberId);
                return true;
            case 1 or 2:
                return await CommitDeliveredAsync();
            case 3 or 9:
                await CommitPositionsAsync();
                return true;
            case 4:
                await SeekBackAsync();
                return true;
            case 5 or 6 or 8:
                await ReadCommitsAsync();
                return true;
            case 7:
                return await UnsubscribeAsync() && await SubscribeAsync();
            default:
                return true;
        }
    }

    private async Task<bool> SubscribeAsync() => Done(await TwiceAsync(
        "subscribe",
        (groups, name, cancellationToken) => groups.SubscribeAsync(_group.Name, name, _group.Subscription(_topics), cancellationToken),
        answer => answer.Error, ErrorCode.UnknownMemberId));

    private async Task<bool> UnsubscribeAsync()
    {
        _claims.Leaves(Name);
        var done = Done(await TwiceAsync(
            "unsubscribe", (groups, name, cancellationToken) => groups.UnsubscribeAsync(_group.Name, name, cancellationToken),
            answer => answer.Error, ErrorCode.UnknownMemberId));
        if (done)
        {
            _claims.Stays(Name);
        }

        return done;
    }

    private void Received(PolledSlice slice)
    {
        // The topic by the records themselves: its name may mean another by now.
        var walk = new RecordBatchReader(slice.Batches.Span);
        walk.TryRead(out _, out var batch);
        using var records = RecordReader.Open(batch);
        records.TryRead(out var record);
        var send = _cluster.Audit.SendOf(System.Text.Encoding.UTF8.GetString(record.Value));
        Guarantee.Holds(send is not null, "L4", $"{Name}: nobody sent what was polled of {slice.At}.");
        var log = _cluster.Audit.Of(send!.TopicId, send.Partition);
        FetchCheck.Slice(log, slice);
        _claims.Offsets(send.TopicId, send.Partition).Received(_group.Name, Name, slice.FromOffset, slice.ToOffset, log);
        log.SawEnd(slice.ToOffset);
    }

    // Should it be made only later, it would commit what a later poll delivers, whether or not its reply arrives. So where
    // nobody can say, this instance does not poll on.
    public async Task<bool> CommitDeliveredAsync()
    {
        var reply = await TwiceAsync(
            "commit", (groups, name, cancellationToken) => groups.CommitAsync(_group.Name, name, null, cancellationToken),
            answer => answer.Error, ErrorCode.UnknownMemberId, ErrorCode.StaleMemberEpoch);
        return reply.Outcome == Outcome.Ok;
    }

    // What it stands at was delivered by polls that it has the replies of. It may take its time, and lose the partition.
    public async Task CommitPositionsAsync()
    {
        var positions = await CallAsync(
            "positions", (groups, name, cancellationToken) => groups.PositionsAsync(_group.Name, name, cancellationToken),
            answer => answer.Error);
        if (positions is not { Outcome: Outcome.Ok, Value: { Error: ErrorCode.None, Value: { Count: > 0 } offsets } }
            || _topics.Changes)
        {
            return;
        }

        if (!IsPlain && _random.Chance(0.4))
        {
            await _client.PauseAsync(_random.Between(TimeSpan.Zero, _group.Settings.InstanceTimeout));
        }

        var tag = $"{Name}#{_random.Next()}";
        var commits = offsets.Where(offset => DeliveredTo(offset.At) >= offset.Offset)
            .Select(offset => offset with { Metadata = tag }).ToList();
        if (commits.Count == 0)
        {
            return;
        }

        _claims.Commits(tag, Name);
        var reply = await TwiceAsync(
            "commit positions", (groups, name, cancellationToken) => groups.CommitAsync(_group.Name, name, commits, cancellationToken),
            answer => answer.Error, ErrorCode.UnknownMemberId, ErrorCode.StaleMemberEpoch);
        if (reply.Outcome != Outcome.Ok)
        {
            return;
        }

        _claims.Answered(tag);
        if (reply.Value.Error != ErrorCode.None)
        {
            _claims.Refused(tag);
        }
        else
        {
            Guarantee.Holds(
                commits.All(commit => OffsetsOf(commit.At).Shows(tag)), "L12", $"{Name}: the commit {tag} was answered and is not stored.");
        }
    }

    private async Task SeekBackAsync()
    {
        if (_topics.Changes || await _topics.FindAsync(_client) is not { } topic)
        {
            return;
        }

        var at = new TopicPartition(topic.Name, _random.Next(topic.Partitions));
        _claims.Seeks(Name, topic.Id, at.Partition);
        await TwiceAsync(
            $"seek {at} back",
            (groups, name, cancellationToken) =>
                groups.SeekAsync(_group.Name, name, [new SeekTarget(at, SeekKind.Beginning)], cancellationToken),
            answer => answer.Error, ErrorCode.UnknownMemberId, ErrorCode.InvalidRequest);
    }

    private async Task ReadCommitsAsync()
    {
        if (_topics.Changes || await _topics.FindAsync(_client) is not { } topic)
        {
            return;
        }

        var at = new TopicPartition(topic.Name, _random.Next(topic.Partitions));
        var offsets = OffsetsOf(at);
        var version = offsets.Version;
        var reply = await CallAsync(
            $"read commit of {at}",
            (groups, name, cancellationToken) => groups.CommittedAsync(_group.Name, name, [at], cancellationToken),
            answer => answer.Error);
        if (reply is { Outcome: Outcome.Ok, Value: { Error: ErrorCode.None, Value: { } read } })
        {
            offsets.Read(_group.Name, read.Count == 0 ? -1 : read[0].Offset, version);
        }
    }

    private GroupOffsets OffsetsOf(TopicPartition at) =>
        _claims.Offsets(_cluster.Audit.Topics.Find(at.Topic)!.Id, at.Partition);

    private long DeliveredTo(TopicPartition at) =>
        OffsetsOf(at).DeliveredTo(_cluster.Audit.Of(_cluster.Audit.Topics.Find(at.Topic)!.Id, at.Partition));

    // A3: one request in ten is sent again, with the same content, to any instance, while the first is under way or soon after.
    // Whichever is served first, the other may only be told what that one, or somebody else, has brought about meanwhile.
    private async Task<Reply<T>> TwiceAsync<T>(
        string what, Func<IConsumerGroups, string, CancellationToken, ValueTask<T>> call, Func<T, ErrorCode> error,
        params ErrorCode[] broughtAbout)
    {
        var first = CallAsync(what, call, error);
        if (IsPlain || _client.Patience is not null || !_random.Chance(0.1))
        {
            return await first;
        }

        await _client.PauseAsync(_random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(1)));
        var (one, other) = (await CallAsync($"{what} again,", call, error), await first);
        if (one.Outcome != Outcome.Ok || other.Outcome != Outcome.Ok)
        {
            return one.Outcome == Outcome.Info || other.Outcome == Outcome.Fail ? one : other;
        }

        var (said, saidToo) = (error(one.Value!), error(other.Value!));
        Guarantee.Holds(
            said == saidToo || broughtAbout.Contains(said) || broughtAbout.Contains(saidToo), "A3",
            $"{Name}: {what} was sent twice, and answered {said} and {saidToo}.");
        return saidToo == ErrorCode.None ? other : one;
    }

    // The name is that of the instance that asked: the request may be served when this client is another one already.
    private async Task<Reply<T>> CallAsync<T>(
        string what, Func<IConsumerGroups, string, CancellationToken, ValueTask<T>> call, Func<T, ErrorCode> error)
    {
        var name = Name;
        var reply = await _client.CallAsync(
            _client.AnyInstance(), $"{what} {_group.Name}/{name}",
            (at, cancellationToken) => call(at.Groups, name, cancellationToken),
            again: true);
        _isQuiet &= reply.Outcome != Outcome.Info;
        Guarantee.Holds(
            reply.Outcome != Outcome.Ok || error(reply.Value!) != ErrorCode.UnknownMemberId || !_cluster.Audit.Group(_group.Name).Has(name),
            "A1", $"{name} was told that nobody knows it, and it is there.");
        return reply;
    }

    private static bool Done(Reply<GroupAnswer> reply) => reply is { Outcome: Outcome.Ok, Value.Error: ErrorCode.None };
}

/// <summary>One group of a seed; all of its members are alike.</summary>
internal sealed record GroupShape(string Name, ConsumerSettings Settings, bool StaticIds, bool ByPattern)
{
    /// <summary>Whether a poll commits what the one before delivered.</summary>
    public bool IsAutomatic => Settings is { AutoCommit: true, DeliveryMode: DeliveryMode.AtLeastOnce };

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
                DeliveryMode = shape.Chance(0.2) ? DeliveryMode.AtMostOnce : DeliveryMode.AtLeastOnce,
            },
            shape.Chance(0.3),
            shape.Chance(0.3));
    }

    public Subscription Subscription(TopicNames topics) =>
        ByPattern ? new Subscription(null, "topic.*") : new Subscription(topics.Names, null);
}
