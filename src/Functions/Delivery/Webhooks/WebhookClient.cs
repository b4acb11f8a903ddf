using System.Net;
using System.Net.Sockets;

namespace Serverless.Functions.Delivery.Webhooks;

/// <summary>Finds the addresses of a name.</summary>
internal delegate Task<IPAddress[]> ResolveHost(string host, CancellationToken cancellationToken);

/// <summary>Connects to one of some addresses that were checked.</summary>
internal delegate ValueTask<Stream> ConnectTo(IPAddress[] addresses, int port, CancellationToken cancellationToken);

/// <summary>The address of a target is not one that webhooks are sent to.</summary>
internal sealed class WebhookRefusedException() : Exception("The address of the target is not a public one.");

/// <summary>The one HTTP client of all webhooks. It goes where it was checked to go, and nowhere else.</summary>
/// <remarks>
/// A name is resolved for each connection, all its addresses are checked, and the connection is made to one of those; so a name that
/// leads elsewhere after it was checked is of no use. No proxy and no redirect leads around that. A handler of its own, not a factory's:
/// its connections are given up after a minute, and with them what names led to.
/// </remarks>
internal sealed class WebhookClient(WebhookSafety safety, ResolveHost resolve, ConnectTo connect) : IDisposable
{
    private static readonly TimeSpan ConnectTimeMax = TimeSpan.FromSeconds(5);

    private HttpClient? _client;

    // Two that begin at once come to the same client, and so to the same connections.
    public HttpClient Http => LazyInitializer.EnsureInitialized(ref _client, () => new HttpClient(new SocketsHttpHandler
    {
        // Or whoever receives would be told of whatever request's trace this runs in, and of all that was put beside it as baggage. The
        // trace of the delivery itself the target adds.
        ActivityHeadersPropagator = null,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectCallback = ConnectAsync,
        ConnectTimeout = ConnectTimeMax,
        MaxResponseHeadersLength = 16,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        UseCookies = false,
        UseProxy = false,
    })
    {
        // Each request has a time of its own.
        Timeout = Timeout.InfiniteTimeSpan,
    });

    public void Dispose() => _client?.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await resolve(host, cancellationToken);
        if (addresses.Length == 0 || !addresses.All(safety.Allows))
        {
            throw new WebhookRefusedException();
        }

        return await connect(addresses, port, cancellationToken);
    }

    /// <summary>By TCP.</summary>
    public static async ValueTask<Stream> ConnectAsync(IPAddress[] addresses, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
