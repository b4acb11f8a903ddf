using Serverless.Chaos.Checks;
using Serverless.Chaos.History;
using Serverless.Chaos.Workload;

namespace Serverless.Chaos.World;

/// <summary>Waits, when faults are over, until each group's partitions have their owners and all that was stored was consumed.</summary>
internal sealed class Settlement(IReadOnlyList<GroupMember> members, Client client, Journal journal, TimeProvider clock)
{
    // What the service promises is a session and two sweeps; reading everything takes its time besides.
    private static readonly TimeSpan Sweeps = TimeSpan.FromMinutes(2), ConsumeMax = TimeSpan.FromMinutes(2), Pause = TimeSpan.FromMilliseconds(300);

    private readonly long _began = clock.GetTimestamp();
    private readonly Dictionary<string, TimeSpan> _settledAfter = [];
    private readonly HashSet<(string Group, At At, long Offset)> _delivered = [];
    private int _looked;

    public async Task<IReadOnlyList<FinalGroup>> RunAsync(IReadOnlyDictionary<At, IReadOnlyList<Seen>> logs)
    {
        var patience = Sweeps + ConsumeMax;
        while (true)
        {
            var isOver = clock.GetElapsedTime(_began) > patience;
            var groups = new List<FinalGroup>();
            foreach (var group in GroupShape.All)
            {
                groups.Add(await LookAsync(group));
            }

            if (isOver || (groups.All(FinalGroups.IsShared) && await AllIsConsumedAsync(logs)))
            {
                return groups;
            }

            await Task.Delay(Pause, clock);
        }
    }

    private async Task<FinalGroup> LookAsync(GroupShape shape)
    {
        var owners = new Dictionary<string, IReadOnlyList<At>>();
        foreach (var (index, member) in members.Where(member => member.Group == shape.Name).Index())
        {
            var (instance, partitions) = await member.AssignmentAsync() ?? ($"member {index}, which has no instance", []);
            owners[instance] = partitions;
        }

        var elapsed = clock.GetElapsedTime(_began);
        var group = new FinalGroup(
            shape.Name, shape.Delivery, shape.Partitions, owners, elapsed, TimeSpan.FromSeconds(shape.SessionSeconds) + Sweeps);
        if (!FinalGroups.IsShared(group))
        {
            _settledAfter.Remove(shape.Name);
            return group;
        }

        _settledAfter.TryAdd(shape.Name, elapsed);
        return group with { SettledAfter = _settledAfter[shape.Name] };
    }

    private async Task<bool> AllIsConsumedAsync(IReadOnlyDictionary<At, IReadOnlyList<Seen>> logs)
    {
        var news = journal.Since(_looked);
        _looked += news.Count;
        _delivered.UnionWith(news.Where(operation => operation.IsOk).Select(operation => operation.Step).OfType<Poll>()
            .SelectMany(poll => poll.Records.Select(record => (poll.Group, record.At, record.Offset))));
        foreach (var group in GroupShape.All)
        {
            if (group.Delivery != Delivery.AtMostOnce)
            {
                if (!group.Partitions.All(at => logs[at].All(record => _delivered.Contains((group.Name, at, record.Offset)))))
                {
                    return false;
                }

                continue;
            }

            var (_, operation) = await Commits.ReadAsync(client, group.Name, null, group.Partitions);
            var committed = ((Committed)operation.Step).Found.ToDictionary(next => next.At, next => next.Offset);
            if (group.Partitions.Any(at => logs[at].Count > 0 && committed.GetValueOrDefault(at) <= logs[at][^1].Offset))
            {
                return false;
            }
        }

        return true;
    }
}
