using Microsoft.Extensions.Logging;
using Serverless.Core.Groups;
using Serverless.Core.Storage;

namespace Serverless.Core.Telemetry;

/// <summary>Looks up how far all groups are behind, for the gauge of consumer lag.</summary>
/// <remarks>
/// Polls know their own lag, but the lag that matters is of consumers that do not poll any more. So it is asked for beside them, by
/// the timer that looks after groups, on one process at a time, and only where somebody watches the gauge: a query a group, and a read
/// a partition with a committed offset, of so many groups and partitions at most.
/// </remarks>
public sealed partial class LagSweep(
    IConsumerGroups groups, LogMetrics metrics, TelemetryOptions options, TimeProvider clock, ILogger<LagSweep> logger)
{
    private const int GroupsAPage = 100;

    public async ValueTask SweepAsync(CancellationToken cancellationToken)
    {
        if (!metrics.Lag.Enabled || options.LagPartitionsMax == 0)
        {
            return;
        }

        var found = new List<(string Group, PartitionLag Lag)>();
        var looked = 0;
        string? after = null;
        for (var more = true; more;)
        {
            var page = await groups.ListGroupsAsync(after, GroupsAPage, cancellationToken);
            foreach (var group in page.Groups)
            {
                if (found.Count >= options.LagPartitionsMax || looked++ == options.LagPartitionsMax)
                {
                    TooManyPartitions(options.LagPartitionsMax, group);
                    metrics.Lag.Set(found.Take(options.LagPartitionsMax), clock);
                    return;
                }

                found.AddRange((await LagsAsync(group, cancellationToken)).Where(lag => lag.Committed >= 0).Select(lag => (group, lag)));
            }

            more = page.More && page.Groups.Count > 0;
            after = more ? page.Groups[^1] : null;
        }

        metrics.Lag.Set(found.Take(options.LagPartitionsMax), clock);
    }

    // One group that cannot be looked at must not hide the others.
    private async ValueTask<IReadOnlyList<PartitionLag>> LagsAsync(string group, CancellationToken cancellationToken)
    {
        try
        {
            return await groups.LagsAsync(group, cancellationToken);
        }
        catch (Exception e) when (e is StorageException or CorruptLogException)
        {
            LagUnknown(e, group);
            return [];
        }
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Lag is shown of {Partitions} partitions, the most that is looked up at once; of group {Group} and those behind it none is.")]
    private partial void TooManyPartitions(int partitions, string group);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The lag of group {Group} could not be looked up.")]
    private partial void LagUnknown(Exception exception, string group);
}
