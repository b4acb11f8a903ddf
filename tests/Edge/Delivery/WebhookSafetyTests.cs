using Microsoft.Extensions.Configuration;
using Serverless.Functions;
using Serverless.Functions.Delivery;
using Serverless.Functions.Delivery.Webhooks;
using Xunit;

namespace Serverless.Edge.Delivery;

public sealed class WebhookSafetyTests
{
    private const string Emulator = "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=a2V5a2V5==;";
    private const string Account = "DefaultEndpointsProtocol=https;AccountName=Logs;AccountKey=a2V5a2V5a2U=;EndpointSuffix=core.windows.net";

    [Theory]
    [InlineData("UseDevelopmentStorage=true", true)]
    [InlineData(" usedevelopmentstorage=TRUE; ", true)]
    [InlineData(Emulator + "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;TableEndpoint=http://127.0.0.1:10002/devstoreaccount1", true)]
    [InlineData(Emulator + "BlobEndpoint=http://localhost:1/d;TableEndpoint=http://[::1]:2/d;QueueEndpoint=http://azurite:3/d", true)]
    [InlineData(Emulator + "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1", false)]
    [InlineData(Emulator + "BlobEndpoint=http://azurite:10000/devstoreaccount1;TableEndpoint=http://azurite:10002/devstoreaccount1", false)]
    [InlineData(Emulator + "BlobEndpoint=http://127.0.0.1.example.com/d;TableEndpoint=http://127.0.0.1/d", false)]
    [InlineData("UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://azurite", false)]
    [InlineData(Account, false)]
    [InlineData("BlobEndpoint=https://logs.blob.core.windows.net/;SharedAccessSignature=sv=2024&sig=a%2Bb=", false)]
    public void Private_addresses_are_for_those_whose_storage_is_on_this_machine(string connection, bool allow) =>
        Assert.Equal(allow, From(new StorageSettings(connection, null, null)).AllowPrivate);

    [Theory]
    [InlineData("true", Account, true)]
    [InlineData("True", Account, true)]
    [InlineData("false", "UseDevelopmentStorage=true", false)]
    [InlineData("", "UseDevelopmentStorage=true", true)]
    [InlineData("", Account, false)]
    public void The_setting_counts_more(string setting, string connection, bool allow) =>
        Assert.Equal(allow, From(new StorageSettings(connection, null, null), (WebhookSafety.Setting, setting)).AllowPrivate);

    [Theory]
    [InlineData("yes")]
    [InlineData("1")]
    [InlineData("falsee")]
    public void A_setting_that_is_neither_true_nor_false_is_named(string setting)
    {
        var failure = Assert.Throws<SettingException>(
            () => From(new StorageSettings(Account, null, null), (WebhookSafety.Setting, setting)));

        Assert.Contains("Delivery__AllowPrivateTargets", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Account, "core.windows.net")]
    [InlineData("AccountName=logs;AccountKey=a2V5a2V5a2U=", "core.windows.net")]
    [InlineData("accountname=logs;accountkey=a2V5;endpointsuffix=core.chinacloudapi.cn", "core.chinacloudapi.cn")]
    public void All_services_of_an_account_are_forbidden(string connection, string suffix)
    {
        var forbidden = From(new StorageSettings(connection, null, null)).ForbiddenHosts;

        string[] services = ["blob", "dfs", "file", "queue", "table"];
        Assert.Equal(
            services.SelectMany(service => new[] { $"logs-secondary.{service}.{suffix}", $"logs.{service}.{suffix}" }).Order(StringComparer.Ordinal),
            forbidden.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_account_of_the_host_is_forbidden_too()
    {
        var forbidden = From(new StorageSettings(Account, null, null), ("AzureWebJobsStorage", "AccountName=host;AccountKey=a2V5")).ForbiddenHosts;

        Assert.Contains("host.blob.core.windows.net", forbidden);
        Assert.Contains("logs.blob.core.windows.net", forbidden);
    }

    [Fact]
    public void A_connection_string_that_cannot_be_read_is_named_without_what_is_in_it()
    {
        var failure = Assert.Throws<SettingException>(() => From(new StorageSettings("AccountKey", null, null)));

        Assert.Equal("LogStorage is no connection string of a storage account.", failure.Message);
    }

    [Fact]
    public void Endpoints_that_are_given_are_forbidden()
    {
        var forbidden = From(new StorageSettings(
            "BlobEndpoint=https://Blobs.example.com:8443/;TableEndpoint=https://tables.example.com/x;SharedAccessSignature=sv=2024&sig=ab%3D",
            null, null)).ForbiddenHosts;

        Assert.Contains("blobs.example.com", forbidden);
        Assert.Contains("tables.example.com", forbidden);
    }

    [Fact]
    public void With_an_identity_its_endpoint_and_those_of_the_storage_and_of_the_app_are_forbidden()
    {
        var safety = From(
            new StorageSettings(null, new Uri("https://logs.blob.core.windows.net/"), new Uri("https://logs.table.core.windows.net/")),
            ("IDENTITY_ENDPOINT", "http://169.254.130.5:8081/msi/token"), ("MSI_ENDPOINT", "http://127.0.0.1:41741/MSI/token/"),
            ("WEBSITE_HOSTNAME", "App.azurewebsites.net"));

        Assert.False(safety.AllowPrivate);
        Assert.All(
            new[] { "127.0.0.1", "169.254.130.5", "app.azurewebsites.net", "logs.blob.core.windows.net", "logs.queue.core.windows.net" },
            host => Assert.Contains(host, safety.ForbiddenHosts));
    }

    [Fact]
    public void The_platform_s_own_site_beside_the_app_is_forbidden_too() => Assert.Contains(
        "app.scm.azurewebsites.net",
        From(new StorageSettings(Account, null, null), ("WEBSITE_HOSTNAME", "app.azurewebsites.net")).ForbiddenHosts);

    private static WebhookSafety From(StorageSettings storage, params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(set => KeyValuePair.Create(set.Name, (string?)set.Value))).Build();
        return WebhookSafety.From(configuration, storage, SelfAddress.From(configuration));
    }
}
