namespace Serverless.Core.Storage.Memory;

/// <summary>The clock of a storage service that lives in this process: whole seconds, as its <c>Date</c> header.</summary>
internal sealed class ServiceClock(TimeProvider clock)
{
    public DateTimeOffset Now()
    {
        var now = clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond));
    }
}
