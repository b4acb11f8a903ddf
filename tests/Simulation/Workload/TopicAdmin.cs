using Serverless.Core;
using Serverless.Core.Topics;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Engine;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Workload;

/// <summary>Makes, changes, widens and deletes topics. Each change carries a tag that tells, later, whether it was made.</summary>
/// <param name="alone">Nobody else changes topics, so what this client was told must still be so.</param>
internal sealed class TopicAdmin(Cluster cluster, Client client, SeedShape shape, TopicNames topics, bool alone)
{
    private readonly Random _random = client.Random;

    // What this client knows a name to stand for; absent where it does not know.
    private readonly Dictionary<string, Topic?> _known = new(StringComparer.Ordinal);

    // Names of which a change got no answer: it may still be made, at any time.
    private readonly HashSet<string> _uncertain = new(StringComparer.Ordinal);
    private int _changes;

    public async Task CreateAllAsync()
    {
        foreach (var name in topics.Names)
        {
            await CreateAsync(name);
        }
    }

    public async Task RunAsync()
    {
        while (!topics.Healed)
        {
            await client.PauseAsync(_random.Between(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(20)));
            var name = _random.Pick(topics.Names);
            await CheckAsync(name);
            await (_random.Next(10) switch
            {
                < 4 => CreateAsync(name),
                < 6 when shape.TopicsComeAndGo => DeleteAsync(name),
                < 8 => AlterAsync(name),
                _ => WidenAsync(name),
            });
        }
    }

    private async Task CreateAsync(string name)
    {
        var tag = NewTag();
        var partitions = _random.Next(1, 4);
        var settings = SeedShape.Settings(_random, tag);
        var reply = await client.CallAsync(
            client.AnyInstance(),
            $"create {name} #{tag}",
            (at, cancellationToken) => at.Topics.CreateAsync(name, partitions, settings, validateOnly: false, cancellationToken));
        Guarantee.Holds(
            !alone || reply is not { Outcome: Outcome.Ok, Value.Error: ErrorCode.TopicAlreadyExists }
            || !_known.TryGetValue(name, out var known) || known is not null, "L18",
            $"{name} was free, and yet it could not be made.");
        Learned(name, tag, reply, reply.Value.Topic);
    }

    private async Task DeleteAsync(string name)
    {
        var reply = await client.CallAsync(
            client.AnyInstance(), $"delete {name}", (at, cancellationToken) => at.Topics.DeleteAsync(name, cancellationToken));
        if (reply is { Outcome: Outcome.Ok, Value: { Error: ErrorCode.None, Topic: { } topic } })
        {
            topics.Deleted(topic.Id);
        }

        Learned(name, tag: null, reply, topic: null);
    }

    private async Task AlterAsync(string name)
    {
        var tag = NewTag();
        var settings = SeedShape.Settings(_random, tag);
        var reply = await client.CallAsync(
            client.AnyInstance(),
            $"alter {name} #{tag}",
            (at, cancellationToken) => at.Topics.AlterSettingsAsync(name, settings, validateOnly: false, cancellationToken));
        Learned(name, tag, reply, reply.Value.Topic);
    }

    private async Task WidenAsync(string name)
    {
        var partitions = _random.Next(2, 6);
        var reply = await client.CallAsync(
            client.AnyInstance(),
            $"widen {name} to {partitions}",
            (at, cancellationToken) => at.Topics.SetPartitionsAsync(name, partitions, cancellationToken));
        Learned(name, tag: null, reply, reply.Value.Topic);
    }

    private void Learned(string name, string? tag, Reply<TopicAnswer> reply, Topic? topic)
    {
        if (reply.Outcome == Outcome.Info)
        {
            _uncertain.Add(name);
            _known.Remove(name);
        }
        else if (reply is { Outcome: Outcome.Ok, Value.Error: ErrorCode.None })
        {
            Guarantee.Holds(
                tag is null || cluster.Audit.Topics.Shows(tag), "L12", $"The change #{tag} of {name} was answered and is not stored.");
            if (!_uncertain.Contains(name))
            {
                _known[name] = topic;
            }
        }
        else if (tag is not null)
        {
            cluster.Audit.Topics.Refused(tag);
        }
    }

    // A look that goes past the cache finds what the last change left.
    private async Task CheckAsync(string name)
    {
        if (!alone || !_known.TryGetValue(name, out var known))
        {
            return;
        }

        var reply = await client.CallAsync(
            client.AnyInstance(), $"look up {name}", (at, cancellationToken) => at.Topics.RefreshAsync(name, cancellationToken));
        Guarantee.Holds(
            reply.Outcome != Outcome.Ok || (reply.Value?.Id == known?.Id && reply.Value?.Partitions == known?.Partitions
                && Equals(reply.Value?.Settings, known?.Settings)), "L18",
            $"{name} is {reply.Value}, and was left as {known}.");
    }

    // Within what a segment may last, and told apart from all other changes of the seed.
    private string NewTag() =>
        $"{20_000 + (1_000 * (client.Name[^1] - '0')) + ++_changes}";
}
