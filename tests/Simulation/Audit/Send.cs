using Serverless.Core.Log;

namespace Serverless.Simulation.Audit;

/// <summary>What the caller of an operation knows of it.</summary>
internal enum Outcome
{
    Pending,
    Ok,

    /// <summary>It had no effect and never will have: a definite error.</summary>
    Fail,

    /// <summary>Nobody can say: timeout, lost connection, failed storage.</summary>
    Info,
}

/// <summary>One batch that a producer sent, with values that nobody else ever sends; again only where it has an identity.</summary>
internal sealed class Send(string producer, string topicId, int partition, long timestampMs, IReadOnlyList<string> values)
{
    public string Producer { get; } = producer;

    public string TopicId { get; } = topicId;

    public int Partition { get; } = partition;

    public long TimestampMs { get; } = timestampMs;

    public IReadOnlyList<string> Values { get; } = values;

    /// <summary>What the batch is known by; null where it is sent once.</summary>
    public AppendIdentity? Identity { get; init; }

    /// <summary>It is under way twice: the answer to one says nothing of the other.</summary>
    public bool IsTwice { get; set; }

    public Outcome Outcome { get; set; }

    /// <summary>Where the log has it; -1 while it has not.</summary>
    public long At { get; set; } = -1;

    public override string ToString() => $"{Producer} {Values[0].TrimEnd('x')}×{Values.Count} → {Outcome}";
}
