using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using Serverless.Emulator;
using Serverless.Functions;

namespace Serverless.LocalHost;

/// <summary>Azurite for a local host: found running, or started here and stopped last.</summary>
/// <remarks>
/// Azurite keeps its tables in memory and writes them out now and then, so two on one folder would destroy it: whoever starts
/// one holds the folder's lock.
/// </remarks>
internal sealed class StorageEmulator : IAsyncDisposable
{
    // The ports that UseDevelopmentStorage=true stands for.
    private const int BlobPort = 10000, QueuePort = 10001, TablePort = 10002;

    private const string LockName = ".local-host.lock";

    private static readonly TimeSpan OtherStartsMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly AzuriteProcess _azurite;
    private readonly FileStream _lock;

    private StorageEmulator(AzuriteProcess azurite, FileStream folderLock, string folder) =>
        (_azurite, _lock, Folder) = (azurite, folderLock, folder);

    public string Folder { get; }

    public string ConnectionString => _azurite.ConnectionString;

    public int ProcessId => _azurite.ProcessId;

    /// <summary>Starts Azurite when the storage is the emulator's and nothing answers there; else null.</summary>
    /// <exception cref="StartException">It is needed and cannot be had.</exception>
    public static async Task<StorageEmulator?> StartIfNeededAsync(
        LocalHostOptions options, StorageSettings storage, TimeProvider clock, CancellationToken cancellationToken)
    {
        var usual = Path.Combine(options.Root, ".data", "azurite");
        var folder = options.DataDirectory ?? usual;
        if (options.Storage is not null || !storage.IsDevelopmentStorage)
        {
            return options.DataDirectory is null ? null : throw new StartException(
                "--data is for Azurite, but the settings name another storage account.");
        }

        if (Path.GetFullPath(folder) != Path.GetFullPath(usual))
        {
            var own = TryLock(folder) ?? throw new StartException($"Another run keeps its data in {folder}; choose another --data.");
            return await StartAsync(folder, own, new AzuriteOptions { Location = folder }, cancellationToken);
        }

        for (var began = clock.GetTimestamp(); !await AnswersAsync(cancellationToken);)
        {
            if (TryLock(folder) is { } free)
            {
                return await StartAsync(
                    folder,
                    free,
                    new AzuriteOptions { Location = folder, BlobPort = BlobPort, QueuePort = QueuePort, TablePort = TablePort },
                    cancellationToken);
            }

            if (clock.GetElapsedTime(began) > OtherStartsMax)
            {
                throw new StartException($"Another run holds {folder}, but its Azurite does not answer.");
            }

            await Task.Delay(Pause, clock, cancellationToken);
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await _azurite.DisposeAsync();
        await _lock.DisposeAsync();
    }

    private static async Task<StorageEmulator> StartAsync(
        string folder, FileStream folderLock, AzuriteOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return new StorageEmulator(await AzuriteProcess.StartAsync(options, cancellationToken), folderLock, folder);
        }
        catch (Exception e)
        {
            await folderLock.DisposeAsync();
            throw e switch
            {
                Win32Exception => new StartException("Node.js is missing: install Node 20 or newer, or give --storage.", e),
                FileNotFoundException or DirectoryNotFoundException => new StartException("Azurite is missing: " + e.Message, e),
                InvalidOperationException => new StartException("Azurite does not start: " + e.Message.ReplaceLineEndings(" "), e),
                _ => e,
            };
        }
    }

    private static FileStream? TryLock(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartException($"{folder} cannot be written to.", e);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            return null;
        }
        catch (IOException e)
        {
            throw new StartException($"{folder} cannot be made a folder: {e.Message}", e);
        }
    }

    private static async Task<bool> AnswersAsync(CancellationToken cancellationToken) =>
        await AnswersAsync(BlobPort, cancellationToken) && await AnswersAsync(TablePort, cancellationToken);

    private static async Task<bool> AnswersAsync(int port, CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
