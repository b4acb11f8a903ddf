using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;
using Serverless.Simulation.Bugs;
using Serverless.Simulation.Engine;

namespace Serverless.Simulation.World;

/// <summary>One process of the service: the real classes, over ports and a clock of its own.</summary>
internal sealed class Instance
{
    // Longer than the faults last and what then is late or asleep, as an hour is in production.
    private static readonly TimeSpan TombstoneAge = TimeSpan.FromMinutes(35);

    private readonly List<Action> _onCrash = [];

    public Instance(string name, InstanceContext context, InstanceClock clock, Random random, SeedShape shape, IBlobStore blobs, IRowStore rows,
        PlantedTransactions? plant = null)
    {
        (Name, Context, Clock, Rows) = (name, context, clock, rows);
        var ids = new RandomIdSource(new Random(random.Next()));
        var logs = new PartitionLogs(new LogContext(
            blobs, rows, clock, random, ids, shape.Options, NullLogger<PartitionLogs>.Instance));
        Logs = logs;
        var topics = new TopicCatalog(rows, logs, clock, ids);
        Topics = topics;
        Retention = new RetentionSweep(rows, logs, clock, NullLogger<RetentionSweep>.Instance);
        var groups = new ConsumerGroups(
            rows, topics, logs, clock, random, ids, shape.GroupOptions, NullLogger<ConsumerGroups>.Instance);
        (Groups, Shares) = (groups, groups);
        var producer = new Producer(topics, logs, clock, random, NullLogger<Producer>.Instance);
        ProducerIds = new ProducerIds(rows, clock, new ProducerIdOptions());
        Transactions = new TransactionCoordinator(
            rows, topics, plant?.Logs(logs) ?? logs, producer, plant?.Offsets(groups) ?? groups, ProducerIds, clock, random, ids,
            new TransactionOptions(), NullLogger<TransactionCoordinator>.Instance);
        Removal = new TopicSweep(rows, blobs, topics) { TombstoneAge = TombstoneAge };
    }

    public string Name { get; }

    public InstanceContext Context { get; }

    public InstanceClock Clock { get; }

    public IRowStore Rows { get; }

    public IPartitionLogs Logs { get; set; }

    public ITopicCatalog Topics { get; }

    public IConsumerGroups Groups { get; set; }

    public IGroupShares Shares { get; }

    public IProducerIds ProducerIds { get; }

    public ITransactions Transactions { get; set; }

    public RetentionSweep Retention { get; }

    public TopicSweep Removal { get; }

    /// <summary>Operations that began here and have not ended.</summary>
    public int Under { get; set; }

    /// <summary>Called when the instance dies: connections to it break.</summary>
    public void OnCrash(Action action) => _onCrash.Add(action);

    public void Forget(Action action) => _onCrash.Remove(action);

    public void Crash()
    {
        if (Context.IsDead)
        {
            return;
        }

        Context.Crash();
        foreach (var action in _onCrash.ToList())
        {
            action();
        }

        _onCrash.Clear();
    }
}
