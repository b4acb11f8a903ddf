using System.Reflection;
using Serverless.Http;
using Serverless.Http.Shows;
using Serverless.Worker.Host;

namespace Serverless.Worker;

/// <summary>One worker that most tests share, and a client of its functions.</summary>
public sealed class WorkerFixture(AzuriteFixture azurite) : IAsyncLifetime
{
    private FunctionsHost? _host;
    private LogClient? _client;
    private int _names;

    /// <summary>Where src/Functions was built.</summary>
    public static string Folder { get; } =
        Path.Combine(Path.GetFullPath(Metadata("FunctionsProject")), "bin", Metadata("Configuration"), "net10.0");

    internal FunctionsHost Host => _host ?? throw new InvalidOperationException("Not started yet.");

    internal LogClient Client => _client ?? throw new InvalidOperationException("Not started yet.");

    public async ValueTask InitializeAsync()
    {
        _host = await StartHostAsync(azurite);
        _client = new LogClient(_host.Address);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }

    /// <summary>A name that no other test has.</summary>
    public string NewName(string stem) => $"{stem}{Interlocked.Increment(ref _names)}";

    /// <summary>What the build said of itself (Worker.csproj).</summary>
    internal static string Metadata(string key) =>
        typeof(WorkerFixture).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == key).Value!;

    /// <summary>A host and a worker of one's own; whoever starts it disposes it.</summary>
    internal static Task<FunctionsHost> StartHostAsync(AzuriteFixture azurite, params (string Name, string Value)[] settings) =>
        StartHostAsync(azurite, Folder, settings);

    /// <param name="folder">The worker's: src/Functions as it was built, or published.</param>
    internal static async Task<FunctionsHost> StartHostAsync(
        AzuriteFixture azurite, string folder, params (string Name, string Value)[] settings)
    {
        var storage = await azurite.ConnectionStringAsync();
        return await FunctionsHost.StartAsync(
            folder, new Dictionary<string, string?>(settings.Select(set => KeyValuePair.Create(set.Name, (string?)set.Value)))
            {
                ["AzureWebJobsStorage"] = storage,
                ["LogStorage"] = storage,
            });
    }
}

/// <summary>The tests of the worker that is shared; one after the other.</summary>
[CollectionDefinition]
public sealed class SharedWorker : ICollectionFixture<WorkerFixture>;
