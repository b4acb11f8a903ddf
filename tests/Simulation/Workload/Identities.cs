using Serverless.Core.Log;
using Serverless.Core.Topics;
using Serverless.Simulation.Engine;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Workload;

/// <summary>What the batches of one sender are known by: nothing, sequences of one partition or of all, or keys.</summary>
internal sealed class Identities
{
    private readonly Cluster _cluster;
    private readonly Random _random;
    private readonly int _kind;
    private readonly Dictionary<(string TopicId, int Partition), (long Id, short Epoch, int Next)> _producers = [];
    private (long Id, int Next) _all;

    public Identities(Cluster cluster, Random random)
    {
        (_cluster, _random, _kind) = (cluster, random, random.Next(5));
        _all = (_kind == 1 ? cluster.NewProducerId() : -1, 0);
    }

    /// <summary>Batches are sent one after the other, as their sequences say.</summary>
    public bool FollowOneAnother => _kind is 0 or 1;

    /// <summary>Makes the identity of the next batch, of so many records; null where this sender's have none.</summary>
    public Func<Client, int, Task<AppendIdentity?>>? Next(Topic topic, int partition) => _kind switch
    {
        0 => (_, records) => Task.FromResult<AppendIdentity?>(InPartition(topic, partition, records)),
        1 => (_, records) => Task.FromResult<AppendIdentity?>(InAll(records)),
        2 => async (client, _) => await KeyAsync(client, topic, partition),
        _ => null,
    };

    /// <summary>Nobody knows what became of the last batch: the next is another producer's, or of its next epoch.</summary>
    public void Lost(Topic topic, int partition)
    {
        if (_producers.Remove((topic.Id, partition), out var producer) && _random.Chance(0.5))
        {
            _producers[(topic.Id, partition)] = (producer.Id, (short)(producer.Epoch + 1), 0);
        }
    }

    private AppendIdentity.Sequence InPartition(Topic topic, int partition, int records)
    {
        if (!_producers.TryGetValue((topic.Id, partition), out var producer))
        {
            producer = (_cluster.NewProducerId(), 0, 0);
        }

        _producers[(topic.Id, partition)] = producer with { Next = producer.Next + records };
        return new AppendIdentity.Sequence(producer.Id, producer.Epoch, producer.Next, LeavesOut: false);
    }

    private AppendIdentity.Sequence InAll(int records)
    {
        var sequence = new AppendIdentity.Sequence(_all.Id, 0, _all.Next, LeavesOut: true);
        _all.Next += records;
        return sequence;
    }

    // As the edge does it: where the log ends, as far as some instance knows, is noted before the first attempt.
    private async Task<AppendIdentity?> KeyAsync(Client client, Topic topic, int partition)
    {
        var end = await client.CallAsync(
            client.AnyInstance(), "known end", (at, cancellationToken) => at.Logs.KnownEndAsync(topic, partition, cancellationToken));
        return end.Outcome == Audit.Outcome.Ok ? new AppendIdentity.Key(_random.NextInt64(1L << 62), end.Value) : null;
    }
}
