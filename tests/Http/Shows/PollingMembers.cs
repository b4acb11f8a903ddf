using System.Collections.Concurrent;

namespace Serverless.Http.Shows;

/// <summary>Members of one group that poll on and on, each at a process of its own choice, and what they were given.</summary>
internal sealed class PollingMembers(string topic) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Loop> _loops = new();
    private readonly ConcurrentQueue<(string Member, Placed Record)> _given = new();

    private sealed record Loop(Member Member, LogClient At, CancellationTokenSource Stop, Task Task);

    /// <summary>In the order in which replies came; a partition's records may overtake each other only when its owner changes.</summary>
    public IReadOnlyCollection<(string Member, Placed Record)> Given => _given;

    /// <summary>Joins a member, which then polls until it leaves.</summary>
    public async Task JoinAsync(LogClient at, string group, string name, params (string Field, System.Text.Json.Nodes.JsonNode? Value)[] fields)
    {
        var member = await Member.CreateAsync(at, group, name, [("auto.commit.enable", true), .. fields]);
        await member.SubscribeAsync(at, topic);
        var stop = new CancellationTokenSource();
        _loops[name] = new Loop(member, at, stop, PollAsync(member, at, stop.Token));
    }

    /// <summary>Lets a member's poll end; the member says nothing more and stays.</summary>
    public async Task<Member> StopAsync(string name)
    {
        Assert.True(_loops.TryRemove(name, out var loop));
        await loop.Stop.CancelAsync();
        await loop.Task;
        loop.Stop.Dispose();
        return loop.Member;
    }

    public async Task LeaveAsync(string name, LogClient at) => await (await StopAsync(name)).LeaveAsync(at);

    /// <summary>Who has which partitions now.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<int>>> AssignmentsAsync()
    {
        Assert.DoesNotContain(_loops.Values, loop => loop.Task.IsFaulted);
        var found = await Task.WhenAll(_loops.Values.Select(
            async loop => (loop.Member.Name, Partitions: await loop.Member.AssignmentAsync(loop.At))));
        return found.ToDictionary(entry => entry.Name, entry => entry.Partitions);
    }

    /// <summary>Waits until every partition has an owner, and owners and members without one are as many as they should be.</summary>
    public Task<IReadOnlyDictionary<string, IReadOnlyList<int>>> SettleAsync(int partitions, int inactive) =>
        Eventually.SeesAsync(
            AssignmentsAsync,
            found => found.Values.Count(owned => owned.Count == 0) == inactive
                && found.Values.SelectMany(owned => owned).Order().SequenceEqual(Enumerable.Range(0, partitions)),
            Tell);

    public static string Tell(IReadOnlyDictionary<string, IReadOnlyList<int>> assignments) =>
        string.Join("; ", assignments.OrderBy(entry => entry.Key).Select(entry => $"{entry.Key}: {string.Join(' ', entry.Value)}"));

    public async ValueTask DisposeAsync()
    {
        foreach (var loop in _loops.Values)
        {
            await loop.Stop.CancelAsync();
            await Record.ExceptionAsync(() => loop.Task);
            loop.Stop.Dispose();
        }
    }

    private async Task PollAsync(Member member, LogClient at, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            foreach (var record in await member.PollAsync(at, timeoutMs: 500))
            {
                _given.Enqueue((member.Name, record));
            }
        }
    }
}
