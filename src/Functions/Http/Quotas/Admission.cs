namespace Serverless.Functions.Http.Quotas;

/// <summary>A request that was let in: it has its places until it is over, and what it moves is charged to its caller.</summary>
/// <param name="caller">Null: it is held against nobody.</param>
internal sealed class Admission(CallerMeters? caller, Operation operation, params Places[] places) : IDisposable
{
    private int _over;

    /// <summary>What the body of the request is charged to.</summary>
    public Meter? Produced => operation.Produces ? caller?.Produced : null;

    /// <summary>What the records of the reply are charged to.</summary>
    public Meter? Consumed => operation.RepliesWithRecords ? caller?.Consumed : null;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _over, 1) == 0)
        {
            Array.ForEach(places, place => place.Return());
        }
    }
}
