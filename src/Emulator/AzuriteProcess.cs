using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Serverless.Emulator;

/// <summary>Azurite, the emulator of Azure Storage, as a child process that does not outlive this one.</summary>
/// <remarks>
/// <c>tools/azurite/start.js</c> ends it when its standard input ends, which the kernel sees to however this process
/// goes. Its data stay in <see cref="AzuriteOptions.Location"/>: an orderly stop keeps them, a kill may lose the latest.
/// </remarks>
public sealed partial class AzuriteProcess : IAsyncDisposable
{
    // Public: the account and key that every emulator has.
    private const string Account = "devstoreaccount1";
    private const string Key =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    // Longer than any client keeps an idle connection, so that none is closed under a request on its way.
    private const int KeepAliveSeconds = 600;

    private const int ServicesCount = 3;

    private readonly Process _process;
    private readonly TimeSpan _stopTimeout;
    private readonly Action<string>? _accessLog;
    private readonly List<string> _said = [];
    private readonly Dictionary<string, Uri> _addresses = [];
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _disposed;

    private AzuriteProcess(Process process, AzuriteOptions options)
    {
        _process = process;
        _stopTimeout = options.StopTimeout;
        _accessLog = options.AccessLog;
    }

    public Uri BlobService => _addresses["Blob"];

    public Uri QueueService => _addresses["Queue"];

    public Uri TableService => _addresses["Table"];

    public int ProcessId => _process.Id;

    public string ConnectionString =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};"
        + $"BlobEndpoint={BlobService};QueueEndpoint={QueueService};TableEndpoint={TableService};";

    /// <summary>Starts it, and returns when its services listen.</summary>
    /// <exception cref="InvalidOperationException">It ended, or did not listen in time; the message has its output.</exception>
    public static async Task<AzuriteProcess> StartAsync(AzuriteOptions options, CancellationToken cancellationToken)
    {
        var azurite = Launch(options);
        try
        {
            await azurite.ListensAsync(options.StartTimeout, cancellationToken);
            return azurite;
        }
        catch
        {
            await azurite.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it in an orderly way, and kills it (it alone, by its id) where that takes too long.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            using var patience = new CancellationTokenSource(_stopTimeout);
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        _process.Dispose();
    }

    private static AzuriteProcess Launch(AzuriteOptions options)
    {
        Directory.CreateDirectory(options.Location);
        var start = new ProcessStartInfo("node")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] arguments =
        [
            AzuriteFiles.Supervisor(), AzuriteFiles.Script(options.Script),
            "--location", Path.GetFullPath(options.Location),
            "--blobHost", "127.0.0.1", "--blobPort", $"{options.BlobPort}",
            "--queueHost", "127.0.0.1", "--queuePort", $"{options.QueuePort}",
            "--tableHost", "127.0.0.1", "--tablePort", $"{options.TablePort}",
            "--blobKeepAliveTimeout", $"{KeepAliveSeconds}", "--queueKeepAliveTimeout", $"{KeepAliveSeconds}",
            "--tableKeepAliveTimeout", $"{KeepAliveSeconds}",
            "--skipApiVersionCheck", "--disableTelemetry",
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        if (options.AccessLog is null)
        {
            start.ArgumentList.Add("--silent");
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException("Node did not start.");
        var azurite = new AzuriteProcess(process, options);
        process.OutputDataReceived += (_, line) => azurite.Hear(line.Data);
        process.ErrorDataReceived += (_, line) => azurite.Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return azurite;
    }

    // Its own word, and not an answer at the port, which may come from another process that was there before.
    private async Task ListensAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(timeout);
        try
        {
            var ended = _process.WaitForExitAsync(patience.Token);
            if (await Task.WhenAny(_listening.Task, ended) == _listening.Task)
            {
                return;
            }

            await ended;
            throw new InvalidOperationException($"Azurite ended. It said:\n{Said()}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new InvalidOperationException($"Azurite did not listen within {timeout}. It said:\n{Said()}");
        }
    }

    private void Hear(string? line)
    {
        // What it says once it listens is its access log at most, but must be taken, or it would wait for us.
        if (line is null || _listening.Task.IsCompleted)
        {
            if (line is not null)
            {
                _accessLog?.Invoke(line);
            }

            return;
        }

        lock (_said)
        {
            _said.Add(line);
            if (Listening().Match(line) is { Success: true } match)
            {
                _addresses[match.Groups[1].Value] = new Uri($"{match.Groups[2].Value}/{Account}");
                if (_addresses.Count == ServicesCount)
                {
                    _listening.TrySetResult();
                }
            }
        }
    }

    private string Said()
    {
        lock (_said)
        {
            return string.Join('\n', _said);
        }
    }

    [GeneratedRegex("^Azurite (Blob|Queue|Table) service is successfully listening at (http://.+)$")]
    private static partial Regex Listening();
}
