using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Serverless.Emulator;

/// <summary>Azurite, the emulator of Azure Storage, as a child process that does not outlive this one.</summary>
/// <remarks>
/// <c>tools/azurite/start.js</c> ends it when its standard input ends, which the kernel sees to however this process
/// goes. Its data stay in <see cref="AzuriteOptions.Location"/>: an orderly stop keeps them, a kill may lose the latest.
/// </remarks>
public sealed class AzuriteProcess : IAsyncDisposable
{
    // Public: the account and key that every emulator has.
    private const string Account = "devstoreaccount1";
    private const string Key =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    // Longer than any client keeps an idle connection, so that none is closed under a request on its way.
    private const int KeepAliveSeconds = 600;

    private const int StartsMax = 3;
    private const int OutputLinesMax = 40;

    private readonly Process _process;
    private readonly Queue<string> _output = new();
    private readonly TimeSpan _stopTimeout;

    private AzuriteProcess(Process process, int blobPort, int queuePort, int tablePort, TimeSpan stopTimeout)
    {
        _process = process;
        _stopTimeout = stopTimeout;
        BlobService = Service(blobPort);
        QueueService = Service(queuePort);
        TableService = Service(tablePort);
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Uri BlobService { get; }

    public Uri QueueService { get; }

    public Uri TableService { get; }

    public int ProcessId => _process.Id;

    public string ConnectionString =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};"
        + $"BlobEndpoint={BlobService};QueueEndpoint={QueueService};TableEndpoint={TableService};";

    /// <summary>Starts it, and returns when its blob and table services answer.</summary>
    /// <exception cref="InvalidOperationException">It ended, or did not answer in time; the message has its output.</exception>
    public static async Task<AzuriteProcess> StartAsync(AzuriteOptions options, CancellationToken cancellationToken)
    {
        // A port that was free may be taken before Azurite binds it. Where we chose it we choose again.
        var chosen = options.BlobPort == 0 || options.QueuePort == 0 || options.TablePort == 0;
        for (var start = 1; ; start++)
        {
            var azurite = Launch(options);
            try
            {
                await azurite.AnswersAsync(options.StartTimeout, cancellationToken);
                return azurite;
            }
            catch (InvalidOperationException) when (chosen && start < StartsMax)
            {
                await azurite.DisposeAsync();
            }
            catch
            {
                await azurite.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>Ends it in an orderly way, and kills it (it alone, by its id) where that takes too long.</summary>
    public async ValueTask DisposeAsync()
    {
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
                await _process.WaitForExitAsync();
            }
        }

        _process.Dispose();
    }

    private static AzuriteProcess Launch(AzuriteOptions options)
    {
        var free = FreePorts(3);
        var blobPort = options.BlobPort == 0 ? free[0] : options.BlobPort;
        var queuePort = options.QueuePort == 0 ? free[1] : options.QueuePort;
        var tablePort = options.TablePort == 0 ? free[2] : options.TablePort;

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
            "--blobHost", "127.0.0.1", "--blobPort", $"{blobPort}", "--blobKeepAliveTimeout", $"{KeepAliveSeconds}",
            "--queueHost", "127.0.0.1", "--queuePort", $"{queuePort}", "--queueKeepAliveTimeout", $"{KeepAliveSeconds}",
            "--tableHost", "127.0.0.1", "--tablePort", $"{tablePort}", "--tableKeepAliveTimeout", $"{KeepAliveSeconds}",
            "--skipApiVersionCheck", "--disableTelemetry", "--silent",
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);

        var process = Process.Start(start) ?? throw new InvalidOperationException("Node did not start.");
        return new(process, blobPort, queuePort, tablePort, options.StopTimeout);
    }

    private async Task AnswersAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var began = Stopwatch.GetTimestamp();
        while (!await AnswersAsync(http, BlobService, cancellationToken)
            || !await AnswersAsync(http, TableService, cancellationToken))
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(began) > timeout)
            {
                var how = _process.HasExited ? "ended" : $"did not answer within {timeout}";
                throw new InvalidOperationException($"Azurite {how}. It said:\n{Output()}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }

    // Any answer will do: a request without a signature is refused by a service that is up.
    private static async Task<bool> AnswersAsync(HttpClient http, Uri service, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync(service, cancellationToken);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static Uri Service(int port) => new($"http://127.0.0.1:{port}/{Account}");

    private static int[] FreePorts(int count)
    {
        // All are held until all are known, so that no two are the same.
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        Array.ForEach(listeners, listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        Array.ForEach(listeners, listener => listener.Dispose());
        return ports;
    }

    private void Keep(string? line)
    {
        lock (_output)
        {
            if (line is not null)
            {
                _output.Enqueue(line);
            }

            if (_output.Count > OutputLinesMax)
            {
                _output.Dequeue();
            }
        }
    }

    private string Output()
    {
        lock (_output)
        {
            return string.Join('\n', _output);
        }
    }
}
