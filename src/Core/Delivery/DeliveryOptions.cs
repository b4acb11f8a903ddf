namespace Serverless.Core.Delivery;

/// <summary>Every bound of the workers: what it is, and what leans on it.</summary>
public sealed record DeliveryOptions
{
    /// <summary>Deliveries in all. Counted before one is made: it is passed by as many as are made at the same moment.</summary>
    public int DeliveriesMax { get; init; } = 100;

    /// <summary>
    /// How long one worker works before its successor takes over: well within <c>functionTimeout</c> in host.json, and longer than
    /// <see cref="IdleMax"/> and <see cref="DeliveryRules.LingerMax"/>, which each slice begins to count anew.
    /// </summary>
    public TimeSpan Slice { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A worker that has had nothing to do for so long leaves the group.</summary>
    public TimeSpan IdleMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Kafka's <c>session.timeout.ms</c> of workers: after that, others take over what a dead one has.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a worker asks for its share: partitions move within about that time.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How old what a worker knows of its delivery may be: a pause takes effect within that time.</summary>
    public TimeSpan SettingsAgeMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Partitions with something to do that one worker is started for.</summary>
    public int PartitionsPerWorker { get; init; } = 4;

    /// <summary>
    /// Partitions of one worker whose records are in memory at once, each up to <see cref="DeliveryRules.BytesMax"/> and what a target makes
    /// of them. Where there are more, each has a batch in its turn.
    /// </summary>
    public int PartitionsAtOnceMax { get; init; } = 16;

    /// <summary>
    /// How long a handler may take for a batch: then that attempt has failed, and what comes of it later does not count. With
    /// <see cref="Slice"/> within <c>functionTimeout</c>, as a slice sees its batches through.
    /// </summary>
    public TimeSpan HandlerTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The pause after storage failed, or a log could not be read.</summary>
    public TimeSpan TroublePause { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often records that come to this process may make it look whether a worker is needed.</summary>
    public TimeSpan PulseInterval { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long the list of deliveries is good for to those pulses.</summary>
    public TimeSpan ListAgeMax { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Longest time that records and an offset of one transaction may wait to be decided.</summary>
    public TimeSpan TransactionTimeout { get; init; } = TimeSpan.FromSeconds(20);
}
