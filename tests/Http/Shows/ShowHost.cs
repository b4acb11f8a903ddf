using Serverless.Http.LocalHost;

namespace Serverless.Http.Shows;

/// <summary>A process of the service on storage that it shares with others, and a client of it.</summary>
internal sealed class ShowHost : IAsyncDisposable
{
    private ShowHost(LocalHostProcess process) => (Process, Client) = (process, new LogClient(process.Address));

    public LocalHostProcess Process { get; }

    public LogClient Client { get; }

    public static async Task<ShowHost> StartAsync(params string[] args) => new(await LocalHostProcess.StartAsync(args));

    /// <param name="settings">As environment variables.</param>
    public static async Task<ShowHost> OnAsync(string storage, IReadOnlyDictionary<string, string?>? settings = null) =>
        new(await LocalHostProcess.StartAsync(settings, "--storage", storage));

    /// <summary>Asks it to stop, and requires that it ends well.</summary>
    public async Task StopAsync()
    {
        await Process.TerminateAsync();
        Assert.Equal((0, ""), await Process.EndAsync());
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Process.DisposeAsync();
    }
}

/// <summary>Several processes of the service on one storage.</summary>
internal sealed class ShowHosts : IAsyncDisposable
{
    private readonly List<ShowHost> _hosts;

    private ShowHosts(List<ShowHost> hosts) => _hosts = hosts;

    public int Count => _hosts.Count;

    public ShowHost this[int index] => _hosts[index];

    public static async Task<ShowHosts> StartAsync(string storage, int count)
    {
        var hosts = new ShowHosts([]);
        try
        {
            // The first makes container and tables; the others start at once.
            hosts._hosts.Add(await ShowHost.OnAsync(storage));
            var others = Enumerable.Range(1, count - 1).Select(_ => ShowHost.OnAsync(storage)).ToList();
            foreach (var other in others)
            {
                hosts._hosts.Add(await other);
            }

            return hosts;
        }
        catch
        {
            await hosts.DisposeAsync();
            throw;
        }
    }

    public Task StopAsync() => Task.WhenAll(_hosts.Select(host => host.StopAsync()));

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }
    }
}
