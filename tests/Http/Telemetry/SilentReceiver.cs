using System.Net;
using System.Net.Sockets;

namespace Serverless.Http.Telemetry;

/// <summary>Takes connections, and never says a word.</summary>
internal sealed class SilentReceiver : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    // The kernel takes connections by itself: nobody needs to.
    public SilentReceiver() => _listener.Start(backlog: 500);

    public string Address => $"http://{_listener.LocalEndpoint}/";

    public void Dispose() => _listener.Dispose();
}
