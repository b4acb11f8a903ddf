using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serverless.Core.Storage.Azure;
using Serverless.Faults;

namespace Serverless.LocalHost;

/// <summary>
/// Settings <c>Faults__Rate</c> (0 to 1) and <c>Faults__Seed</c>: what share of the storage requests fails on purpose, for tests.
/// Nothing that is deployed knows them.
/// </summary>
internal sealed record FaultSettings(double Rate, int Seed)
{
    public const string RateName = "Faults:Rate", SeedName = "Faults:Seed";

    /// <summary>Null where nothing is to fail, which is so unless the rate is set.</summary>
    /// <exception cref="StartException">A setting is no number, or the rate is out of range.</exception>
    public static FaultSettings? From(IConfiguration settings)
    {
        if (settings[RateName] is not { Length: > 0 } rate)
        {
            return null;
        }

        var share = double.TryParse(rate, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 1
            ? number
            : throw new StartException($"Faults__Rate must be a number from 0 to 1, not {rate}.");
        var seed = int.TryParse(settings[SeedName] ?? "0", NumberStyles.Integer, CultureInfo.InvariantCulture, out var drawn)
            ? drawn
            : throw new StartException($"Faults__Seed must be a whole number, not {settings[SeedName]}.");
        return share == 0 ? null : new FaultSettings(share, seed);
    }

    /// <summary>Puts the faults between the storage clients and the network, unless a test has put its own options there.</summary>
    public void AddTo(IServiceCollection services)
    {
        // The type may be registered already: then the product takes that one, and so do we.
        if (services.Any(service => service.ServiceType == typeof(AzureStorageOptions)))
        {
            return;
        }

        services.AddSingleton(provider =>
        {
#pragma warning disable RS0030 // Its own chance, by its own seed: faults must not shift what the product draws.
            var random = new Random(Seed);
#pragma warning restore RS0030
            var faults = new SeededFaults(Rate, random, provider.GetRequiredService<ILogger<SeededFaults>>());
            return new AzureStorageOptions { ConfigureClient = new FaultPolicy(faults.Next).AddTo };
        });
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"Faults are on: a share of {Rate} of the storage requests fails on purpose (seed {Seed}).");
}
