using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Topics;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Workload;

namespace Serverless.Simulation.World;

/// <summary>A group in a short story: a topic of two partitions with records, and members that do as they are told.</summary>
internal sealed class GroupStory
{
    private const int TriesMax = 20;
    private const string Topic = "topic0";

    private readonly Scenario _at;
    private readonly GroupShape _group;
    private readonly TopicNames _names = new([Topic], changes: false);
    private readonly Dictionary<string, Member> _members = new(StringComparer.Ordinal);

    private GroupStory(Scenario at, GroupShape group) => (_at, _group) = (at, group);

    /// <summary>Makes the topic and its records.</summary>
    public static async Task<GroupStory> BeginAsync(Scenario at, ConsumerSettings settings, bool staticIds = false)
    {
        settings = settings with
        {
            AutoOffsetReset = AutoOffsetReset.Earliest,
            SessionTimeout = TimeSpan.FromSeconds(30),
            InstanceTimeout = TimeSpan.FromMinutes(2),
        };
        var story = new GroupStory(at, new GroupShape("group0", settings, staticIds, ByPattern: false));
        at.Group = story;
        await at.SendAsync(await at.CreateAsync(Topic, partitions: 2), batches: 2);
        return story;
    }

    public async Task JoinAsync(string name)
    {
        await _at.UpAsync();
        for (var attempt = 0; !await MemberOf(name).JoinAsync(); attempt++)
        {
            Guarantee.Holds(attempt < TriesMax, "A4", $"{name} never joins.");
            await _at.UpAsync();
        }
    }

    /// <summary>One poll; where it fails, the consumer begins anew, as it does not know what it missed.</summary>
    public async Task PollAsync(string name)
    {
        await _at.UpAsync();
        if (!await MemberOf(name).PollAsync(TimeSpan.Zero))
        {
            await JoinAsync(name);
        }
    }

    public async Task CommitAsync(string name)
    {
        await _at.UpAsync();
        await MemberOf(name).CommitPositionsAsync();
        await _at.UpAsync();
        if (!await MemberOf(name).CommitDeliveredAsync())
        {
            await JoinAsync(name);
        }
    }

    public async Task LeaveAsync(string name)
    {
        await _at.UpAsync();
        await MemberOf(name).LeaveAsync();
    }

    public async Task ResetAsync()
    {
        var topic = _at.Cluster.Audit.Topics.Find(Topic)!;
        var operators = new Operator(_at.Cluster, _at.Client, [_group], _names);
        await _at.UpAsync();
        await operators.ResetAsync(
            _group.Name, new TopicPartition(Topic, 0), _at.Cluster.Audit.Group(_group.Name).Claims.Offsets(topic.Id, 0));
    }

    public Task SweepAsync() => _at.TriedAsync(
        "expiry", async (instance, cancellationToken) => !await instance.Groups.SweepAsync(cancellationToken));

    public Task DeleteAsync() => _at.TriedAsync("delete group", async (instance, cancellationToken) =>
        (await instance.Groups.DeleteGroupAsync(_group.Name, cancellationToken)).Error
            is ErrorCode.None or ErrorCode.GroupIdNotFound or ErrorCode.NonEmptyGroup);

    public Task PauseAsync(TimeSpan time) => _at.Client.PauseAsync(time);

    /// <summary>G8: whoever is left over is long expired; who comes now has everything, and what nobody had comes to it.</summary>
    public async Task ComesToRestAsync()
    {
        var last = MemberOf("last");
        Guarantee.Holds(await last.JoinAsync(), "G8", "Nobody can join.");
        var audit = _at.Cluster.Audit.Group(_group.Name);
        Topic[] topics = [_at.Cluster.Audit.Topics.Find(Topic)!];
        for (var polls = 0; audit.Unsettled([last.Name], topics) is not null || Unread(audit, topics[0]); polls++)
        {
            Guarantee.Holds(polls < TriesMax, "G8", $"{audit.Unsettled([last.Name], topics) ?? "Something was delivered to nobody"}.");
            Guarantee.Holds(await last.PollAsync(TimeSpan.Zero), "G8", "A poll fails.");
        }
    }

    private bool Unread(GroupAudit audit, Topic topic) =>
        Enumerable.Range(0, topic.Partitions).Any(partition =>
        {
            var log = _at.Cluster.Audit.Of(topic.Id, partition);
            return (audit.Claims.AtMostOnce
                ? audit.Partitions.Single(row => row.At.Partition == partition).Committed
                : audit.Claims.Offsets(topic.Id, partition).DeliveredTo(log)) < log.End;
        });

    private Member MemberOf(string name)
    {
        if (!_members.TryGetValue(name, out var member))
        {
            var client = new Client(_at.Cluster, new Random(name.Length), name) { Patience = _at.Client.Patience };
            member = _members[name] = new Member(_at.Cluster, client, _group, _names) { IsPlain = true };
        }

        return member;
    }
}
