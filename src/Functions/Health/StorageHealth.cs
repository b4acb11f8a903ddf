using Microsoft.Extensions.Logging;
using Serverless.Core.Storage;

namespace Serverless.Functions.Health;

/// <summary>Whether storage can be reached, asked of it at most once in a while: anybody may ask us, and each question to it is paid for.</summary>
public sealed partial class StorageHealth(IBlobStore blobs, IRowStore rows, TimeProvider clock, ILogger<StorageHealth> logger)
{
    /// <summary>How long an answer is given again.</summary>
    public static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(5);

    // Whoever asks does not wait for long either.
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(4);

    // Of these there is none: both are answered by a look at an index.
    private const string NoBlob = "health/none";
    private static readonly RowKey NoRow = new("health", "none");

    private readonly Lock _gate = new();
    private Task<string?>? _last;
    private long _askedAt;

    /// <summary>What cannot be reached, in words; null where all can.</summary>
    public Task<string?> MissingAsync()
    {
        lock (_gate)
        {
            // One that is under way is everybody's, however long it takes.
            if (_last is null || (_last.IsCompleted && clock.GetElapsedTime(_askedAt) >= AgeMax))
            {
                _askedAt = clock.GetTimestamp();
                _last = AskAsync();
            }

            return _last;
        }
    }

    private async Task<string?> AskAsync()
    {
        using var over = new CancellationTokenSource(WaitMax, clock);
        string?[] missing = await Task.WhenAll(
            AskAsync("tables", async token => await rows.GetAsync(Layout.TopicsTable, NoRow, token), over.Token),
            AskAsync("blobs", async token => await blobs.ReadAsync(NoBlob, 0, 1, token), over.Token));
        string[] named = [.. missing.OfType<string>()];
        return named.Length == 0 ? null : $"The storage account's {string.Join(" and ", named)} cannot be reached.";
    }

    private async Task<string?> AskAsync(string what, Func<CancellationToken, Task> ask, CancellationToken over)
    {
        try
        {
            await ask(over);
            return null;
        }
        catch (Exception e)
        {
            // The edge of a task that many may wait for: whatever it is, storage did not answer.
            StorageMissing(e, what);
            return what;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not ready: the storage account's {Service} cannot be reached.")]
    private partial void StorageMissing(Exception exception, string service);
}
