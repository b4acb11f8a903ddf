using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Serverless.Core;
using Serverless.Core.Log;
using Serverless.Functions.Http;

namespace Serverless.Functions;

/// <summary>The composition root: what the functions are made of, in every host. The only real clock, the only real chance.</summary>
public static class ServiceRegistration
{
    /// <summary>
    /// Registers the log and its clock, chance and storage. What is registered already stays, so that tests can put their
    /// own clock or stores in place before.
    /// </summary>
    public static IServiceCollection AddServerlessLog(this IServiceCollection services, IConfiguration configuration)
    {
#pragma warning disable RS0030 // A composition root names the real clock and the real chance.
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Random.Shared);
#pragma warning restore RS0030
        services.TryAddSingleton<IIdSource, RandomIdSource>();
        services.TryAddSingleton(StorageSettings.From(configuration));

        // Core: stores, topics, logs, groups.

        // Http: what the functions share.
        services.TryAddSingleton(HttpSettings.From(configuration));
        services.TryAddSingleton<HttpEdge>();
        services.TryAddSingleton<Producer>();
        services.TryAddSingleton<DirectReader>();
        services.TryAddSingleton(_ => RouteTable.Of(typeof(ServiceRegistration).Assembly.GetTypes()));
        return services;
    }
}
