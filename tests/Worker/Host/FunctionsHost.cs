using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Serverless.Worker.Host.Rpc;
using Yarp.ReverseProxy.Forwarder;

namespace Serverless.Worker.Host;

/// <summary>
/// Plays the Functions host towards a real worker process: starts it, asks for its functions, loads them, and invokes them, HTTP by
/// forwarding, as Azure and Core Tools do.
/// </summary>
/// <remarks>
/// Written by the sources of azure-functions-host (GrpcWorkerChannel, DefaultHttpProxyService, RpcWorkerContext) and
/// azure-webjobs-sdk-extensions (the HTTP trigger's binding data, TimerInfo). It has no keys, schedules, scaling or restarts.
/// </remarks>
internal sealed class FunctionsHost : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly WorkerChannel _channel = new();
    private readonly WebApplication _app;
    private WorkerProcess? _process;
    private HttpFront? _front;

    private FunctionsHost() => _app = Build(_channel, context => Front.ServeAsync(context));

    public WorkerProcess Process => _process ?? throw new InvalidOperationException("Not started yet.");

    /// <summary>Where clients send requests.</summary>
    public Uri Address => new(_app.Urls.Last());

    public IReadOnlyList<HostedFunction> Functions { get; private set; } = [];

    public IReadOnlyDictionary<string, string> Capabilities { get; private set; } = new Dictionary<string, string>();

    /// <summary>The invocations for requests, the latest last.</summary>
    public IReadOnlyCollection<HttpInvocation> Invocations => Front.Invocations;

    /// <summary>What the worker logged as an error.</summary>
    public string Complaints => string.Join('\n', _channel.Logs.Where(log => log.Level >= RpcLog.Types.Level.Error)
        .Select(log => $"{log.Category}: {log.Message} {log.Exception?.Message} {log.Exception?.StackTrace}"));

    private HttpFront Front => _front ?? throw new InvalidOperationException("Not started yet.");

    /// <summary>Starts a worker, and returns when its functions are loaded.</summary>
    /// <param name="folder">The output of src/Functions.</param>
    public static async Task<FunctionsHost> StartAsync(string folder, IReadOnlyDictionary<string, string?> settings)
    {
        var host = new FunctionsHost();
        try
        {
            await host._app.StartAsync();
            var workerId = Guid.NewGuid().ToString();
            host._process = WorkerProcess.Launch(folder, new Uri(host._app.Urls.First()), workerId, settings);
            Assert.Equal(workerId, await host.SoonAsync(host._channel.WorkerId));
            await host.SoonAsync(host.LoadAsync(folder));
            return host;
        }
        catch (Exception e)
        {
            await host.DisposeAsync();
            throw new InvalidOperationException($"The worker did not start. It said:\n{host._process?.Said}\n{host.Complaints}", e);
        }
    }

    /// <summary>Invokes a timer's function as its schedule does.</summary>
    public async Task<InvocationResponse> InvokeTimerAsync(HostedFunction function, DateTimeOffset now)
    {
        var info = new JsonObject
        {
            ["Schedule"] = new JsonObject { ["AdjustForDST"] = true },
            ["ScheduleStatus"] = new JsonObject { ["Last"] = now.AddMinutes(-1), ["Next"] = now.AddMinutes(1), ["LastUpdated"] = now },
            ["IsPastDue"] = false,
        };
        var invocation = new InvocationRequest
        {
            InvocationId = Guid.NewGuid().ToString(),
            FunctionId = function.Metadata.FunctionId,
            TraceContext = new RpcTraceContext { TraceParent = Activity.Current?.Id ?? "" },
            InputData = { new ParameterBinding { Name = function.TriggerName, Data = new TypedData { Json = info.ToJsonString() } } },
            TriggerMetadata = { ["TimerTrigger"] = new TypedData { String = now.ToString("G", null) } },
        };
        return (await SoonAsync(_channel.AskAsync(new StreamingMessage { InvocationRequest = invocation }))).InvocationResponse;
    }

    /// <summary>Asks the worker to end, as the host does before it kills it.</summary>
    public void Terminate() => _channel.Tell(new StreamingMessage { WorkerTerminate = new WorkerTerminate() });

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        await _app.StopAsync();
        await _app.DisposeAsync();
        _front?.Dispose();
    }

    // Two listeners: the worker speaks HTTP/2 without TLS, clients HTTP/1.
    private static WebApplication Build(WorkerChannel channel, RequestDelegate serve)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = 100 * 1024 * 1024;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddRouting();
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = null);
        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton(channel);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var app = builder.Build();
        app.MapGrpcService<WorkerChannel>();
        app.MapFallback("{**path}", serve);
        return app;
    }

    private async Task LoadAsync(string folder)
    {
        var initialised = (await _channel.AskAsync(new StreamingMessage
        {
            WorkerInitRequest = new WorkerInitRequest
            {
                HostVersion = "4.0.0", WorkerDirectory = folder, FunctionAppDirectory = folder, Capabilities = { ["MultiStream"] = "10" },
            },
        })).WorkerInitResponse;
        Succeeded(initialised.Result);
        Capabilities = initialised.Capabilities;

        var indexed = (await _channel.AskAsync(new StreamingMessage
        {
            FunctionsMetadataRequest = new FunctionsMetadataRequest { FunctionAppDirectory = folder },
        })).FunctionMetadataResponse;
        Succeeded(indexed.Result);
        Assert.False(indexed.UseDefaultMetadataIndexing);
        Functions = [.. indexed.FunctionMetadataResults.Select(HostedFunction.Of)];

        foreach (var function in Functions)
        {
            var loaded = await _channel.AskAsync(new StreamingMessage { FunctionLoadRequest = function.LoadRequest() });
            Succeeded(loaded.FunctionLoadResponse.Result);
        }

        var endpoint = new Uri(Capabilities["HttpUri"]);
        await ListensAsync(endpoint);
        var settings = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "host.json")))!;
        var routePrefix = settings["extensions"]?["http"]?["routePrefix"]?.GetValue<string>() ?? "api";
        _front = new HttpFront(
            new HttpRoutes(Functions, routePrefix), endpoint, _channel, _app.Services.GetRequiredService<IHttpForwarder>());
    }

    // The stream is there before the endpoint. The host sends a refused request again; here nobody sends one so early.
    private static async Task ListensAsync(Uri endpoint) => await Http.Shows.Eventually.SeesAsync(
        async () =>
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(endpoint.Host, endpoint.Port);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        },
        listens => listens,
        _ => $"nobody listens at {endpoint}");

    private static void Succeeded(StatusResult result) => Assert.True(
        result.Status == StatusResult.Types.Status.Success,
        $"{result.Status}: {result.Exception?.Message}\n{result.Exception?.StackTrace}");

    private async Task<T> SoonAsync<T>(Task<T> task)
    {
        await SoonAsync((Task)task);
        return await task;
    }

    // A worker that ends does not answer any more.
    private async Task SoonAsync(Task task)
    {
        var ended = Process.ExitAsync(Patience);
        if (await Task.WhenAny(task, ended) != task)
        {
            throw new InvalidOperationException($"The worker ended with {await ended}.");
        }

        await task;
    }
}
