using System.Text.Json.Nodes;
using Serverless.Chaos.Checks;
using Serverless.Chaos.History;
using Serverless.Chaos.World;

namespace Serverless.Chaos.Workload;

/// <summary>A consumer of one group: joins, polls, commits, heartbeats, crashes and comes back, leaves and joins again.</summary>
/// <remarks>
/// When the reply to a poll is lost, so are its records: only an instance that never polls again leaves them uncommitted. So
/// this client then gives its instance up, and so it does after a commit of all that was delivered of which it does not know
/// whether it was made. It comes back under its name (<c>replace</c>) where the host has answered or is dead. One that did not answer
/// may serve the request later, and would move the instance of that name; then it takes another name.
/// </remarks>
internal sealed class GroupMember(Client client, GroupShape group)
{
    private const double Crash = 0.004, Stall = 0.01, Leaves = 0.004;
    private const double CommitAll = 0.15, CommitSome = 0.15, Beat = 0.15, Look = 0.08, LookAtCommits = 0.08;
    private static readonly TimeSpan WaitMax = TimeSpan.FromMilliseconds(100), IdleMax = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<At, long> _processed = [];

    // What this instance was given at all: a commit of what was delivered may commit all of it, whatever was refused before.
    private readonly Dictionary<At, long> _given = [];
    private string? _comesBackAs;
    private int _names, _instances, _received;
    private string _name = "";

    /// <summary>Its instance now, as the history has it; null while it has none.</summary>
    public string? Instance { get; private set; }

    public string Group => group.Name;

    /// <summary>From now on it neither leaves nor crashes by intent.</summary>
    public bool IsCalm { get; set; }

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (await JoinAsync())
            {
                await LiveAsync(stop);
                Instance = stop.IsCancellationRequested ? Instance : null;
            }
        }
    }

    /// <summary>The partitions that it has; null where it has no instance, or no answer.</summary>
    public async Task<(string Instance, IReadOnlyList<At> Partitions)?> AssignmentAsync()
    {
        if (Instance is not { } instance)
        {
            return null;
        }

        var (reply, operation) = await client.AskAsync(
            new Request("GET", Path("assignments")), reply => new Assigned(group.Name, instance, Partitions(reply)), mayRepeat: true);
        return reply.Outcome == Outcome.Ok ? (instance, ((Assigned)operation.Step).Partitions) : null;
    }

    private async Task<bool> JoinAsync()
    {
        var replace = _comesBackAs is not null;
        _name = _comesBackAs ?? $"{client.Name}-{++_names}";
        _comesBackAs = null;
        _processed.Clear();
        _given.Clear();
        var instance = $"{_name}#{++_instances}";
        foreach (var request in (Request[])[group.Make(_name, client.Name, replace), group.Subscribe(_name)])
        {
            var (reply, _) = await client.AskAsync(request, _ => new Join(group.Name, instance));
            if (reply.Outcome != Outcome.Ok)
            {
                GiveUp(reply);
                return false;
            }
        }

        Instance = instance;
        return true;
    }

    private async Task LiveAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var before = _received;
            if (!await PollAsync() || !await ThenAsync())
            {
                return;
            }

            if (_received == before)
            {
                // Nothing to do: the machine is the others' as well.
                await client.PauseAsync(client.Random.Between(TimeSpan.Zero, IdleMax), stop);
            }

            if (!IsCalm && client.Random.Happens(Leaves))
            {
                await client.AskAsync(new Request("DELETE", Path("")), _ => new Leave(group.Name, Instance!));
                return;
            }

            if (!IsCalm && client.Random.Happens(Stall))
            {
                // As after a pause for garbage, or of its machine: it goes on and commits, though another may have what it had.
                await client.PauseAsync(client.Random.Between(0.7, 1.7) * TimeSpan.FromSeconds(group.SessionSeconds), stop);
                await CommitProcessedAsync();
            }

            if (!IsCalm && client.Random.Happens(Crash))
            {
                // Back at once, within its session, or when the others have what it had.
                _comesBackAs = client.Random.Happens(0.5) ? _name : null;
                await client.PauseAsync(client.Random.Between(0, 1.5) * TimeSpan.FromSeconds(group.SessionSeconds), stop);
                return;
            }
        }
    }

    private async Task<bool> PollAsync()
    {
        var wait = client.Random.Between(TimeSpan.FromMilliseconds(1), WaitMax);
        var request = new Request(
            "GET", $"{Path("records")}?timeout={wait.TotalMilliseconds:F0}&max_bytes=100000&max_records={client.Random.Next(20, 200)}");
        var (reply, operation) = await client.AskAsync(
            request, reply => new Poll(group.Name, Instance!, Values.Records(reply)), wait);
        foreach (var record in ((Poll)operation.Step).Records)
        {
            _processed[record.At] = record.Offset;
            _given[record.At] = record.Offset;
            _received++;
        }

        return reply.Outcome == Outcome.Ok || GiveUp(reply);
    }

    // What it does between two polls; false where its instance is of no more use.
    private async Task<bool> ThenAsync()
    {
        if (group.Delivery == Delivery.Manual && client.Random.Happens(CommitAll))
        {
            var (reply, _) = await CommitAsync(null);
            if (reply.Outcome == Outcome.Info)
            {
                return GiveUp(reply);
            }
        }

        if (client.Random.Happens(CommitSome))
        {
            await CommitProcessedAsync();
        }

        if (client.Random.Happens(Beat))
        {
            await client.AskAsync(new Request("POST", Path("heartbeat")), reply => new Heartbeat(
                group.Name, Instance!, reply.Outcome == Outcome.Ok ? reply.Body.GetProperty("generation").GetInt32() : -1, Partitions(reply)));
        }

        if (client.Random.Happens(Look))
        {
            await AssignmentAsync();
        }

        if (client.Random.Happens(LookAtCommits))
        {
            await Commits.ReadAsync(client, group.Name, client.Random.Happens(0.5) ? _name : null, [client.Random.Pick(group.Partitions)]);
        }

        return true;
    }

    private async Task CommitProcessedAsync()
    {
        if (group.Delivery != Delivery.Manual || _processed.Count == 0)
        {
            return;
        }

        var (reply, _) = await CommitAsync([.. _processed.Select(last => new Next(last.Key, last.Value + 1))]);
        if (reply.Outcome == Outcome.Fail)
        {
            // Another member has one of them: none of it was done.
            _processed.Clear();
        }
    }

    private Task<(Reply Reply, Operation Operation)> CommitAsync(IReadOnlyList<Next>? asked)
    {
        // A client says which record was the last that it is done with; what is stored is the next one.
        var body = asked is null ? new JsonObject() : new JsonObject
        {
            ["offsets"] = new JsonArray([.. asked.Select(next => (JsonNode)new JsonObject
            {
                ["topic"] = next.At.Topic, ["partition"] = next.At.Partition, ["offset"] = next.Offset - 1,
            })]),
        };
        var wouldBe = asked ?? [.. _given.Select(last => new Next(last.Key, last.Value + 1))];
        return client.AskAsync(
            new Request("POST", Path("offsets"), body),
            reply => new Commit(group.Name, Instance!, asked, reply.Outcome == Outcome.Ok ? Commits.Stored(reply) : wouldBe),
            mayRepeat: asked is not null);
    }

    // Always false: the instance is of no more use.
    private bool GiveUp(Reply reply)
    {
        _comesBackAs = !reply.TimedOut && client.Random.Happens(0.7) ? _name : null;
        return false;
    }

    private string Path(string what) => $"/consumers/{group.Name}/instances/{_name}{(what.Length > 0 ? "/" : "")}{what}";

    private static IReadOnlyList<At> Partitions(Reply reply) => reply.Outcome == Outcome.Ok
        ? [.. reply.Body.GetProperty("partitions").EnumerateArray().Select(Values.AtOf)]
        : [];
}
