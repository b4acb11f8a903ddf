using Serverless.Core.Transactions;

namespace Serverless.Core.Tests.Transactions;

/// <summary>Ids in memory, none twice.</summary>
internal sealed class FakeProducerIds : IProducerIds
{
    private long _last = 4000;

    public ValueTask<long> NewAsync(string owner, CancellationToken cancellationToken) => new(++_last);

    public ValueTask<long> NewForTransactionsAsync(CancellationToken cancellationToken) => new(++_last);

    public ValueTask<bool> IsKnownAsync(long producerId, string owner, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<ProducerSpread?> SpreadAsync(
        long producerId, string topicId, int partitions, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> DeleteAsync(long producerId, string owner, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> SweepAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
