using System.Net;
using System.Net.Sockets;

namespace Serverless.Http.Shows;

/// <summary>One address before several processes, as a platform has it: each connection goes to the next one that takes it.</summary>
internal sealed class FrontEnd : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _over = new();
    private readonly Task _serving;
    private IReadOnlyList<Uri> _backends = [];
    private int _turn;

    public FrontEnd()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    public void LeadTo(params IReadOnlyList<Uri> backends) => _backends = backends;

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listener.Dispose();
        await _serving.ContinueWith(_ => { }, TaskScheduler.Default);
        _over.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptTcpClientAsync(_over.Token);
            _ = CarryAsync(client);
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var near = client;
        using var far = await ConnectAsync();
        if (far is null)
        {
            return;
        }

        try
        {
            var (left, right) = (near.GetStream(), far.GetStream());
            await Task.WhenAny(left.CopyToAsync(right, _over.Token), right.CopyToAsync(left, _over.Token));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // One of them has gone.
        }
    }

    private async Task<TcpClient?> ConnectAsync()
    {
        foreach (var _ in _backends)
        {
            var backend = _backends[(int)((uint)Interlocked.Increment(ref _turn) % _backends.Count)];
            var far = new TcpClient();
            try
            {
                await far.ConnectAsync(backend.Host, backend.Port);
                return far;
            }
            catch (SocketException)
            {
                far.Dispose();
            }
        }

        return null;
    }
}
