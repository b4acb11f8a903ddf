using System.Net;
using System.Net.Sockets;

namespace Serverless.Chaos.World;

/// <summary>A place where a host is, on a port that stays: as often as it is killed, another begins there.</summary>
/// <param name="settings">As environment variables.</param>
internal sealed class FixedHost(
    string name, string storage, Tally tally, IReadOnlyDictionary<string, string>? settings = null) : IAsyncDisposable
{
    private readonly int _port = FreePort();
    private HostProcess? _process;

    public Uri Address => new($"http://127.0.0.1:{_port}/");

    public async Task StartAsync()
    {
        _process = await HostProcess.StartAsync(name, storage, faultRate: 0, faultSeed: 0, tally.Fault, tally.HostFailure, _port, settings);
        tally.HostStarted();
    }

    /// <summary>SIGKILL, and another in its place.</summary>
    public async Task KillAsync()
    {
        tally.Killed();
        await DisposeAsync();
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            await process.KillAsync();
            await process.DisposeAsync();
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
