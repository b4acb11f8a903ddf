using Serverless.Core.Topics;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Workload;

namespace Serverless.Simulation.World;

/// <summary>
/// Liveness of one group without faults (G8): whoever joins, vanishes or leaves, it comes to rest within a session and two rounds
/// of the timer, all that is in the log has come to somebody, and where nobody asks the timer alone ends what is over.
/// </summary>
internal sealed class Convergence(Cluster cluster, GroupShape group, TopicNames topics, Func<string, Client> newClient)
{
    private const int Consumers = 3;

    private static readonly TimeSpan Timer = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Reading = TimeSpan.FromMinutes(4);

    private readonly GroupAudit _audit = cluster.Audit.Group(group.Name);

    private IReadOnlyList<Topic> Topics =>
        [.. cluster.Audit.Topics.Live.Where(topic => topics.Names.Contains(topic.Name))];

    public async Task RunAsync()
    {
        var session = group.Settings.SessionTimeout + (2 * Timer);
        var members = Enumerable.Range(0, Consumers)
            .Select(number => new Member(cluster, newClient($"last{number}.{group.Name}"), group, topics)).ToList();
        foreach (var member in members)
        {
            Guarantee.Holds(await member.JoinAsync(), "G8", $"{group.Name}: nobody can join.");
        }

        await PollUntilAsync(members, session, () => Unsettled(members));
        await PollUntilAsync(members, Reading, Unseen);

        // One vanishes without a word, and later one says goodbye.
        members.RemoveAt(0);
        await PollUntilAsync(members, session, () => Unsettled(members));
        Guarantee.Holds(await members[0].LeaveAsync(), "G8", $"{group.Name}: nobody can leave.");
        members.RemoveAt(0);
        await PollUntilAsync(members, 2 * Timer, () => Unsettled(members));

        // Nobody asks any more: only the timer comes by.
        await SweepUntilAsync(session, () => _audit.Unsettled([], []));
        await SweepUntilAsync(
            group.Settings.InstanceTimeout + (2 * Timer),
            () => _audit.Consumers.FirstOrDefault() is { } left ? $"{left.Name} is left" : null);
    }

    private string? Unsettled(List<Member> members) => _audit.Unsettled(members.Select(member => member.Name), Topics);

    // At most once, records are lost with the replies that carried them; then all must be committed instead.
    private string? Unseen() =>
        (from topic in Topics
         from partition in Enumerable.Range(0, topic.Partitions)
         let log = cluster.Audit.Of(topic.Id, partition)
         let offset = _audit.Claims.AtMostOnce
             ? CommittedAt(topic, partition)
             : _audit.Claims.Offsets(topic.Id, partition).DeliveredTo(log)
         where offset < log.End && log.Start < log.End
         select $"{log.Name}@{offset} comes to nobody").FirstOrDefault();

    private long CommittedAt(Topic topic, int partition) =>
        _audit.Partitions.FirstOrDefault(row => row.TopicId == topic.Id && row.At.Partition == partition)?.Committed ?? -1;

    private async Task PollUntilAsync(List<Member> members, TimeSpan most, Func<string?> open)
    {
        for (var began = cluster.Loop.Now; open() is { } what;)
        {
            Guarantee.Holds(cluster.Loop.Now - began < most, "G8", $"{group.Name}: {most} without any fault, and {what}.");
            await Task.WhenAll(members.Select(PollAsync));
        }
    }

    // Where storage is slow a short session may end between two polls: then it begins anew.
    private async Task PollAsync(Member member)
    {
        if (!await member.PollAsync(TimeSpan.FromSeconds(2)))
        {
            Guarantee.Holds(await member.JoinAsync(), "G8", $"{group.Name}: nobody can join.");
        }
    }

    private async Task SweepUntilAsync(TimeSpan most, Func<string?> open)
    {
        var client = newClient($"timer.{group.Name}");
        for (var began = cluster.Loop.Now; open() is { } what;)
        {
            Guarantee.Holds(cluster.Loop.Now - began < most, "G8", $"{group.Name}: {most} of sweeps, and {what}.");
            await client.PauseAsync(Timer);
            await client.CallAsync(
                client.AnyInstance(), "expiry", (at, cancellationToken) => at.Groups.SweepAsync(cancellationToken));
        }
    }
}
