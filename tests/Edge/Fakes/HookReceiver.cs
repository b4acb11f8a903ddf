using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Serverless.Edge.Fakes;

/// <summary>A request as it came over the wire; header names in lower case.</summary>
internal sealed record HookRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>A receiver on loopback that answers with the very bytes that a test gives it, or with none.</summary>
internal sealed class HookReceiver : IDisposable
{
    public const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private int _connections;

    /// <param name="reply">Writes the reply to a request; false when the connection is then closed.</param>
    public HookReceiver(Func<HookRequest, NetworkStream, Task<bool>> reply)
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync(reply);
    }

    public HookReceiver(Func<HookRequest, string> reply)
        : this(async (request, stream) =>
        {
            var text = reply(request);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(text));
            return !text.Contains("Connection: close", StringComparison.Ordinal);
        })
    {
    }

    public HookReceiver(string reply = Ok)
        : this(_ => reply)
    {
    }

    public int Port { get; }

    public int Connections => _connections;

    public List<HookRequest> Requests { get; } = [];

    public Uri Url(string host = "127.0.0.1", string path = "/hook?a=b") => new($"http://{host}:{Port}{path}");

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync(Func<HookRequest, NetworkStream, Task<bool>> reply)
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                _ = ServeAsync(socket, reply);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket socket, Func<HookRequest, NetworkStream, Task<bool>> reply)
    {
        using (socket)
        {
            try
            {
                await using var stream = new NetworkStream(socket);
                while (await ReadAsync(stream) is { } request)
                {
                    lock (Requests)
                    {
                        Requests.Add(request);
                    }

                    if (!await reply(request, stream))
                    {
                        return;
                    }
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The client went away, or the test did.
            }
        }
    }

    private async Task<HookRequest?> ReadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
            {
                return null;
            }

            head.Append((char)one[0]);
        }

        var lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines[1..].Select(line => line.Split(": ", 2))
            .ToDictionary(parts => parts[0].ToLowerInvariant(), parts => parts.ElementAtOrDefault(1) ?? "");
        var body = new byte[int.Parse(headers.GetValueOrDefault("content-length", "0"), System.Globalization.CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, _stop.Token);
        var first = lines[0].Split(' ');
        return new HookRequest(first[0], first[1], headers, body);
    }
}
