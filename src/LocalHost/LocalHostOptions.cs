using Microsoft.Extensions.DependencyInjection;

namespace Serverless.LocalHost;

/// <summary>What one local host runs, and where.</summary>
public sealed record LocalHostOptions
{
    /// <summary>As <c>func start</c> has it. 0 takes a free one.</summary>
    public int Port { get; init; } = 7071;

    /// <summary>The address to listen on; only this machine reaches the default.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Where Azurite keeps its files; null is the usual folder and the usual ports.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>A connection string for the log's storage: no Azurite is started then.</summary>
    public string? Storage { get; init; }

    /// <summary>Whether timer functions run.</summary>
    public bool Timers { get; init; } = true;

    /// <summary>The folder with host.json, local.settings.json and tools.</summary>
    public string Root { get; init; } = RepositoryRoot.Find();

    /// <summary>Where functions are looked for; as a rule, all of the product.</summary>
    public IReadOnlyList<Type> FunctionTypes { get; init; } = typeof(Functions.ServiceRegistration).Assembly.GetTypes();

    /// <summary>Settings that win over files and environment; a colon parts sections.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; init; } = new Dictionary<string, string?>();

    /// <summary>Runs before the product registers its own services, which then stand back: for tests.</summary>
    public Action<IServiceCollection>? ConfigureServices { get; init; }
}
