using Microsoft.Extensions.DependencyInjection;
using Serverless.LocalHost;

namespace Serverless.Http.LocalHost;

/// <summary>Starts local hosts with sample functions on free ports, in a folder of their own, without storage.</summary>
public sealed class SampleHost : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("local-host-").FullName;
    private LocalHostApp? _app;

    public HttpClient Http { get; } = new();

    public LocalHostApp App => _app ?? throw new InvalidOperationException("Not started.");

    public static async Task<SampleHost> StartAsync(
        IReadOnlyList<Type> functions,
        Dictionary<string, string?>? settings = null,
        string hostJson = """{"extensions":{"http":{"routePrefix":""}}}""",
        Action<IServiceCollection>? services = null)
    {
        var host = new SampleHost();
        await File.WriteAllTextAsync(Path.Combine(host._root, "host.json"), hostJson);
        host._app = await LocalHostApp.StartAsync(
            new LocalHostOptions
            {
                Port = 0,
                Root = host._root,
                FunctionTypes = functions,
                Storage = "AccountName=none;AccountKey=bm9uZQ==;DefaultEndpointsProtocol=https",
                Settings = new Dictionary<string, string?>(settings ?? []) { ["Access:Mode"] = "open" },
                ConfigureServices = services,
            },
            CancellationToken.None);
        host.Http.BaseAddress = host._app.Address;
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        Http.Dispose();
        Directory.Delete(_root, recursive: true);
    }
}
