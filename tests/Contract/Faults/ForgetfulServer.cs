using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Serverless.Contract.Faults;

/// <summary>A service that answers the first request of each connection, takes the second, and hangs up on it.</summary>
/// <remarks>That is what a client sees when a server goes down, or closes an idle connection, under its request.</remarks>
internal sealed class ForgetfulServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly string _answer;
    private readonly Task _accepting;
    private int _requests;

    public ForgetfulServer(string statusLine)
    {
        _answer = $"HTTP/1.1 {statusLine}\r\nContent-Length: 0\r\nx-ms-error-code: ByIntent\r\n\r\n";
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Requests received whole, answered or not.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient connection)
    {
        using (connection)
        {
            try
            {
                var stream = connection.GetStream();
                if (await ReadRequestAsync(stream))
                {
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(_answer), _end.Token);
                    await ReadRequestAsync(stream);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                // The test is over.
            }
        }
    }

    private async Task<bool> ReadRequestAsync(NetworkStream stream)
    {
        var request = new StringBuilder();
        var buffer = new byte[4096];
        while (!IsWhole(request.ToString()))
        {
            var got = await stream.ReadAsync(buffer, _end.Token);
            if (got == 0)
            {
                return false;
            }

            request.Append(Encoding.Latin1.GetString(buffer, 0, got));
        }

        Interlocked.Increment(ref _requests);
        return true;
    }

    private static bool IsWhole(string request)
    {
        var body = request.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        if (body < 4)
        {
            return false;
        }

        var length = request.Split("\r\n")
            .Where(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            .Select(line => int.Parse(line.Split(':')[1]))
            .FirstOrDefault();
        return request.Length >= body + length;
    }
}
