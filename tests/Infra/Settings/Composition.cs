using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Functions;
using Serverless.Functions.Telemetry;

namespace Serverless.Infra.Settings;

/// <summary>The service put together under given settings, to see which it asks for. Nothing of it runs.</summary>
internal static class Composition
{
    /// <summary>Makes everything that the composition root registers, and every function, as a request or timer would.</summary>
    /// <exception cref="SettingException">The service would not start under these settings.</exception>
    public static async Task<RecordingConfiguration> UnderAsync(IReadOnlyDictionary<string, string> settings)
    {
        var configuration = new RecordingConfiguration(settings);

        // A web application brings what functions may ask of any host: logging, its lifetime.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddSingleton<IConfiguration>(configuration);
        builder.Services.AddServerlessLog(configuration);

        // Apart: where telemetry goes we read at once, and what its SDK reads besides is not ours.
        new ServiceCollection().AddTelemetry(configuration, isWorker: true);
        var ours = builder.Services.Select(service => service.ServiceType).Where(IsOurs).Distinct().ToList();
        await using var app = builder.Build();
        using var scope = app.Services.CreateScope();
        foreach (var type in ours)
        {
            scope.ServiceProvider.GetServices(type);
        }

        foreach (var type in typeof(ServiceRegistration).Assembly.GetTypes().Where(IsFunction))
        {
            ActivatorUtilities.CreateInstance(scope.ServiceProvider, type);
        }

        return configuration;
    }

    private static bool IsOurs(Type type) => !type.ContainsGenericParameters
        && (type.Assembly.GetName().Name!.StartsWith("Serverless.", StringComparison.Ordinal)
            || type.GenericTypeArguments.Any(argument => argument.Assembly.GetName().Name!.StartsWith("Serverless.", StringComparison.Ordinal)));

    private static bool IsFunction(Type type) => type is { IsClass: true, IsAbstract: false }
        && type.GetMethods().Any(method => method.GetCustomAttribute<FunctionAttribute>() is not null);
}
