using System.Text.Json;
using Serverless.Infra.Bicep;

namespace Serverless.Infra.Settings;

/// <summary>A setting is read by code, told in docs/configuration.md, and set by the templates: the three agree.</summary>
public sealed class SettingsTests
{
    private readonly SettingsPage _page = new();

    [Fact]
    public async Task What_the_service_reads_is_what_its_page_tells()
    {
        var read = await ReadByServiceAsync();

        Assert.True(
            read.SetEquals(_page.Service),
            $"The service reads, and {SettingsPage.File} does not tell (section «Read by the service»): {List(read.Except(_page.Service))}. "
            + $"It tells, and the service does not read: {List(_page.Service.Except(read))}.");
    }

    [Fact]
    public async Task What_the_templates_set_is_what_the_page_says_they_set()
    {
        var set = (await Deployment.FullAsync()).AppSettings().Keys.ToHashSet();

        Assert.True(
            set.SetEquals(_page.SetByTemplate),
            $"infra/ sets, and {SettingsPage.File} does not say «template»: {List(set.Except(_page.SetByTemplate))}. "
            + $"The page says it, and infra/ does not set: {List(_page.SetByTemplate.Except(set))}.");
    }

    [Fact]
    public async Task Every_setting_of_the_templates_is_one_that_somebody_reads()
    {
        var known = (await ReadByServiceAsync()).Union(_page.Others).ToHashSet(StringComparer.OrdinalIgnoreCase);

        foreach (var deployment in await Deployment.AllAsync())
        {
            Assert.Equal([], deployment.AppSettings().Keys.Where(name => !known.Contains(name)));
        }
    }

    [Fact]
    public async Task The_service_starts_under_what_the_templates_set()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            var settings = OnAzure(deployment);

            await Composition.UnderAsync(settings);

            // And with less it does not: the log's account is found by these and nothing else.
            foreach (var needed in new[] { "LogStorage__blobServiceUri", "LogStorage__tableServiceUri" })
            {
                await Assert.ThrowsAsync<Functions.SettingException>(
                    () => Composition.UnderAsync(settings.Where(set => set.Key != needed).ToDictionary()));
            }
        }
    }

    [Fact]
    public void The_page_says_of_each_setting_who_sets_it_on_azure() =>
        Assert.All(_page.OnAzure, who => Assert.Contains(who, (string[])["template", "platform", "you"]));

    [Fact]
    public void Every_setting_of_the_sample_for_development_is_told()
    {
        using var sample = JsonDocument.Parse(Repository.Read("local.settings.sample.json"));

        var untold = sample.RootElement.GetProperty("Values").EnumerateObject().Select(setting => setting.Name)
            .Where(name => !_page.All.Contains(name));

        Assert.Equal([], untold);
    }

    [Fact]
    public async Task The_service_starts_under_the_sample_for_development()
    {
        using var sample = JsonDocument.Parse(Repository.Read("local.settings.sample.json"));

        await Composition.UnderAsync(sample.RootElement.GetProperty("Values").EnumerateObject().ToDictionary(
            setting => setting.Name, setting => setting.Value.GetString()!));
    }

    // Some are asked for only where others say so: development, Azure, the host's account in place of the log's.
    private static async Task<HashSet<string>> ReadByServiceAsync()
    {
        const string Emulator = "UseDevelopmentStorage=true";
        var (plain, full) = (await Deployment.PlainAsync(), await Deployment.FullAsync());
        var read = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var settings in new Dictionary<string, string>[]
        {
            new() { ["LogStorage"] = Emulator }, new() { ["AzureWebJobsStorage"] = Emulator }, OnAzure(plain), OnAzure(full),
        })
        {
            read.UnionWith((await Composition.UnderAsync(settings)).Read);
        }

        return read;
    }

    // Values that are known only after a deployment stand in here; what the platform adds is added.
    private static Dictionary<string, string> OnAzure(Deployment deployment)
    {
        var settings = deployment.AppSettings().ToDictionary(set => set.Key, set => set switch
        {
            { Key: var name } when name.EndsWith("__blobServiceUri", StringComparison.Ordinal) => Address(name, "blob"),
            { Key: var name } when name.EndsWith("__tableServiceUri", StringComparison.Ordinal) => Address(name, "table"),
            { Key: var name } when name.EndsWith("__clientId", StringComparison.Ordinal) => "55555555-5555-5555-5555-555555555555",
            { Key: "APPLICATIONINSIGHTS_CONNECTION_STRING" } => "InstrumentationKey=66666666-6666-6666-6666-666666666666",
            { Key: "APPLICATIONINSIGHTS_AUTHENTICATION_STRING" } => "ClientId=55555555-5555-5555-5555-555555555555;Authorization=AAD",
            _ => set.Value,
        });
        settings["WEBSITE_HOSTNAME"] = "func-log.azurewebsites.net";
        settings["IDENTITY_ENDPOINT"] = "http://localhost:42356/msi/token";
        return settings;

        static string Address(string name, string service) => $"https://{name.Split('_')[0].ToLowerInvariant()}.{service}.core.windows.net/";
    }

    private static string List(IEnumerable<string> names) =>
        names.Order(StringComparer.Ordinal).ToList() is { Count: > 0 } some ? string.Join(", ", some) : "none";
}
