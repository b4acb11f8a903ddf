using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Core.Storage.Azure;
using Serverless.LocalHost;

namespace Serverless.Http.LocalHost;

public sealed class FaultSettingsTests(AzuriteFixture azurite)
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0")]
    public void Nothing_fails_on_purpose_unless_it_is_asked_for(string? rate) =>
        Assert.Null(FaultSettings.From(Settings(rate, "7")));

    [Fact]
    public void The_rate_and_the_seed_are_settings()
    {
        Assert.Equal(new FaultSettings(0.25, 7), FaultSettings.From(Settings("0.25", "7")));
        Assert.Equal(new FaultSettings(1, 0), FaultSettings.From(Settings("1", null)));
    }

    [Theory]
    [InlineData("often", "7", "Faults__Rate")]
    [InlineData("1.1", "7", "Faults__Rate")]
    [InlineData("-0.1", "7", "Faults__Rate")]
    [InlineData("0.1", "seven", "Faults__Seed")]
    public void A_setting_that_cannot_be_read_stops_the_start(string rate, string seed, string named)
    {
        var refused = Assert.Throws<StartException>(() => FaultSettings.From(Settings(rate, seed)));

        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_a_host_that_is_told_to_has_faults_and_it_says_so()
    {
        var options = new LocalHostOptions { Port = 0, Timers = false, Storage = await azurite.ConnectionStringAsync() };
        var faulty = options with { Settings = new Dictionary<string, string?> { ["Faults:Rate"] = "0.5", ["Faults:Seed"] = "3" } };

        await using var with = await LocalHostApp.StartAsync(faulty, CancellationToken.None);
        await using var without = await LocalHostApp.StartAsync(options, CancellationToken.None);

        Assert.NotNull(with.Services.GetRequiredService<AzureStorageOptions>().ConfigureClient);
        Assert.Null(without.Services.GetRequiredService<AzureStorageOptions>().ConfigureClient);
        Assert.Contains("Faults are on: a share of 0.5", StartMessage.Of(with, faulty), StringComparison.Ordinal);
        Assert.DoesNotContain("Faults", StartMessage.Of(without, options), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_that_is_deployed_knows_of_faults()
    {
        var deployed = typeof(Serverless.Functions.ServiceRegistration).Assembly.GetReferencedAssemblies().Select(name => name.Name)
            .Concat(typeof(AzureStorageOptions).Assembly.GetReferencedAssemblies().Select(name => name.Name));

        Assert.DoesNotContain("Serverless.Faults", deployed);
    }

    private static IConfiguration Settings(string? rate, string? seed) => new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?> { [FaultSettings.RateName] = rate, [FaultSettings.SeedName] = seed })
        .Build();
}
