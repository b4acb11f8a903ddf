using Serverless.Core.Groups;
using Serverless.Core.Storage;

namespace Serverless.Core.Delivery;

/// <summary>Takes batches somewhere outside of the log. Asked for one batch of a partition at a time; for several partitions at once.</summary>
public interface IDeliveryTarget
{
    /// <summary>Sends one batch, once. What it throws is a failure that is tried again; but for cancellation, whose outcome is unknown.</summary>
    ValueTask<SendOutcome> SendAsync(DeliveryBatch batch, CancellationToken cancellationToken);
}

/// <summary>Records of one partition: the range from <c>FirstOffset</c> to before <c>NextOffset</c>, fixed before it is first sent.</summary>
/// <param name="Slice">Those of the range that are still in the log: all, unless retention was faster.</param>
/// <param name="Key">
/// The same for every attempt at the range, by whichever process, and another for every other range: 32 hexadecimal digits.
/// </param>
/// <param name="Attempt">1 for the first one that anybody knows of.</param>
public sealed record DeliveryBatch(
    string Group, string TopicId, PolledSlice Slice, long FirstOffset, long NextOffset, string Key, int Attempt)
{
    public TopicPartition At => Slice.At;
}

/// <summary>What became of a batch.</summary>
public abstract record SendOutcome
{
    private SendOutcome()
    {
    }

    /// <summary>Its effects are there: the group goes on behind it.</summary>
    public sealed record Done : SendOutcome
    {
        /// <summary>Changes of the group's own rows (<see cref="EffectRows"/>) that are to happen in the transaction that moves the group on.</summary>
        public IReadOnlyList<RowAction> Effects { get; init; } = [];
    }

    /// <summary>It failed, or nobody knows: to be tried again.</summary>
    /// <param name="After">No sooner than this; null leaves it to the retry policy.</param>
    /// <param name="Error">For people, and for the header of a dead letter: without secrets.</param>
    public sealed record Failed(string Error, TimeSpan? After = null) : SendOutcome;

    /// <summary>The target wants no more: the delivery is paused.</summary>
    public sealed record Gone(string Error) : SendOutcome;
}
