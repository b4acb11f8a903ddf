using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serverless.Core.Storage;
using Serverless.Functions;
using Serverless.Functions.Delivery;
using Serverless.Functions.Telemetry;

namespace Serverless.LocalHost;

/// <summary>The functions of src/Functions on Kestrel, with their timers and, where needed, their own Azurite.</summary>
/// <remarks>
/// One process may hold several, on different ports. What Azure's host or worker would do differently is refused at the
/// start (<see cref="FunctionCatalog"/>) rather than imitated.
/// </remarks>
public sealed class LocalHostApp : IAsyncDisposable
{
    /// <summary>How long requests and timers under way may take to end once a stop is asked for.</summary>
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(10);

    private readonly WebApplication _app;
    private readonly StorageEmulator? _emulator;
    private readonly FunctionCatalog _catalog;

    private LocalHostApp(WebApplication app, StorageEmulator? emulator, FunctionCatalog catalog) =>
        (_app, _emulator, _catalog) = (app, emulator, catalog);

    /// <summary>Where it listens, with the port that it really has; without route prefix.</summary>
    public Uri Address => new(_app.Urls.First());

    // Who listens on all addresses is reached at this one.
    private Uri SelfUrl(LocalHostOptions options)
    {
        var host = IPAddress.TryParse(Address.Host, out var address) && address.Equals(IPAddress.Any) ? "127.0.0.1" : Address.Host;
        return new UriBuilder("http", host, Address.Port, $"{HostSettings.RoutePrefix(options.Root).Trim('/')}/".TrimStart('/')).Uri;
    }

    public IServiceProvider Services => _app.Services;

    public int HttpFunctionCount => _catalog.Http.Count;

    public int TimerFunctionCount => _catalog.Timers.Count;

    /// <summary>The folder of the Azurite that this host started; null when it started none.</summary>
    public string? EmulatorFolder => _emulator?.Folder;

    internal int? EmulatorProcessId => _emulator?.ProcessId;

    /// <summary>Starts Azurite if it must, then the functions; returns when they serve.</summary>
    /// <exception cref="StartException">It cannot start, for a reason that its user can mend.</exception>
    public static async Task<LocalHostApp> StartAsync(LocalHostOptions options, CancellationToken cancellationToken)
    {
        var catalog = FunctionCatalog.Scan(options.FunctionTypes);
        var settings = HostSettings.Load(options);
#pragma warning disable RS0030 // Before there are services to take a clock from.
        var clock = TimeProvider.System;
#pragma warning restore RS0030
        RequireFreePort(options);
        StorageEmulator? emulator = null;
        WebApplication? app = null;
        try
        {
            emulator = await StorageEmulator.StartIfNeededAsync(
                options, StorageSettings.From(settings), clock, cancellationToken);
            if (emulator is not null)
            {
                settings[StorageSettings.LogStorage] = emulator.ConnectionString;
            }

            app = Build(options, settings, catalog);
            ConnectToStorage(app);
            await StartAsync(app, options, cancellationToken);
            var host = new LocalHostApp(app, emulator, catalog);
            app.Services.GetRequiredService<SelfAddress>().Tell(host.SelfUrl(options));
            return host;
        }
        catch (SettingException e)
        {
            await DisposeAsync(app, emulator);
            throw new StartException(e.Message, e);
        }
        catch
        {
            await DisposeAsync(app, emulator);
            throw;
        }
    }

    /// <summary>Lets requests under way end, for a limited time; Azurite stops last.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _app.StopAsync(CancellationToken.None);
        }
        finally
        {
            await DisposeAsync(_app, _emulator);
        }
    }

    private static async ValueTask DisposeAsync(WebApplication? app, StorageEmulator? emulator)
    {
        if (app is not null)
        {
            await app.DisposeAsync();
        }

        if (emulator is not null)
        {
            await emulator.DisposeAsync();
        }
    }

    private static WebApplication Build(LocalHostOptions options, IConfigurationRoot settings, FunctionCatalog catalog)
    {
        // Empty: no settings but ours, and no error pages that show what went wrong to clients.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = options.Root });
        builder.Configuration.AddConfiguration(settings);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // The functions know what is too large, and say it in the contract's words.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(ListenAddress(options.Host), options.Port);
        });
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true).AddLogFilters();

        var services = builder.Services;
        services.AddRouting();
        services.Configure<HostOptions>(host => (host.ShutdownTimeout, host.ServicesStopConcurrently) = (StopMax, true));
        services.AddSingleton<IHostLifetime, NoLifetime>();
        options.ConfigureServices?.Invoke(services);
        FaultSettings.From(settings)?.AddTo(services);
        services.AddServerlessLog(builder.Configuration);
        services.AddTelemetry(builder.Configuration, isWorker: false);
        if (options.Timers)
        {
            AddTimers(services, settings, catalog);
        }

        var app = builder.Build();
        Map(app, HostSettings.RoutePrefix(options.Root), catalog);
        return app;
    }

    private static void Map(WebApplication app, string routePrefix, FunctionCatalog catalog)
    {
        app.Use(RequestEdge.Serve);
        app.UseRouting();
        app.UseEndpoints(routes =>
        {
            foreach (var function in catalog.Http)
            {
                new HttpFunctionEndpoint(function).Map(routes, routePrefix);
            }
        });
    }

    private static void AddTimers(IServiceCollection services, IConfiguration settings, FunctionCatalog catalog)
    {
        foreach (var timer in catalog.Timers)
        {
            var schedule = TimerSchedule.Parse(timer.Schedule, settings);
            services.AddSingleton<IHostedService>(provider =>
                ActivatorUtilities.CreateInstance<TimerRunner>(provider, timer, schedule));
        }
    }

    private static async Task StartAsync(WebApplication app, LocalHostOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw PortTaken(options, e);
        }
    }

    /// <summary>Says so before Azurite is started; Kestrel would find out only after that, and log it at length.</summary>
    private static void RequireFreePort(LocalHostOptions options)
    {
        using var probe = new TcpListener(ListenAddress(options.Host), options.Port);
        try
        {
            probe.Start();
        }
        catch (SocketException e)
        {
            throw e.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? PortTaken(options, e)
                : new StartException($"Cannot listen on {options.Host}:{options.Port}: {e.Message}", e);
        }
    }

    private static StartException PortTaken(LocalHostOptions options, Exception e) =>
        new($"Port {options.Port} is taken; choose another with --port.", e);

    // The connection string is read when the stores are made: here, so that a wrong one stops the start and not each request.
    private static void ConnectToStorage(WebApplication app)
    {
        app.Services.GetRequiredService<IBlobStore>();
        app.Services.GetRequiredService<IRowStore>();
    }

    private static IPAddress ListenAddress(string host) => host switch
    {
        "localhost" => IPAddress.Loopback,
        "*" => IPAddress.Any,
        _ => IPAddress.TryParse(host, out var address)
            ? address
            : throw new StartException($"--host must be an IP address, localhost or *, not {host}."),
    };

    /// <summary>Whoever starts the app stops it: signals are the program's matter, and tests have none.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
