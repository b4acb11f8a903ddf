using Serverless.Core.Topics;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Engine;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Workload;

/// <summary>What all clients of a seed know: the topics' names, whose deletion has returned, and whether faults are over.</summary>
/// <param name="changes">Whether a name may come to mean another topic.</param>
internal sealed class TopicNames(IReadOnlyList<string> names, bool changes)
{
    public bool Changes { get; } = changes;

    private readonly HashSet<string> _deleted = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Names { get; } = names;

    public bool Healed { get; set; }

    public void Deleted(string topicId) => _deleted.Add(topicId);

    public bool IsDeleted(string topicId) => _deleted.Contains(topicId);

    /// <summary>One of the topics, as an instance knows it.</summary>
    public async Task<Topic?> FindAsync(Client client)
    {
        var name = client.Random.Pick(Names);
        var reply = await client.CallAsync(
            client.AnyInstance(), $"find {name}", (at, cancellationToken) => at.Topics.FindAsync(name, cancellationToken));
        return reply.Outcome == Outcome.Ok ? reply.Value : null;
    }
}
