namespace Serverless.Functions.Http.Quotas;

/// <summary>What one caller has used.</summary>
internal sealed class CallerMeters(QuotaOptions options, TimeProvider clock)
{
    public Meter Requests { get; } = new(options.Requests, clock);

    public Meter Creations { get; } = new(options.Creations, clock);

    public Meter Produced { get; } = new(options.Produced, clock);

    public Meter Consumed { get; } = new(options.Consumed, clock);

    public Places RequestPlaces { get; } = new(options.ConcurrentRequestsPerCaller);

    public Places PollPlaces { get; } = new(options.ConcurrentPollsPerCaller);

    /// <summary>Forgetting it and beginning anew comes to the same.</summary>
    public bool IsIdle => RequestPlaces.AreFree && PollPlaces.AreFree
        && Requests.IsFull && Creations.IsFull && Produced.IsFull && Consumed.IsFull;
}
