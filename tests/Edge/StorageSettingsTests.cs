using Azure.Identity;
using Microsoft.Extensions.Configuration;
using Serverless.Functions;
using Xunit;

namespace Serverless.Edge;

public sealed class StorageSettingsTests
{
    private const string Both = "AzureWebJobsStorage:accountName=host;LogStorage:accountName=thelog";

    [Theory]
    [InlineData("LogStorage:blobServiceUri=https://a.blob.core.windows.net;LogStorage:tableServiceUri=https://a.table.core.windows.net", "LogStorage", "a")]
    [InlineData("LogStorage:accountName=thelog", "LogStorage", "thelog")]
    [InlineData("AzureWebJobsStorage:accountName=host", "AzureWebJobsStorage", "host")]
    [InlineData(Both, "LogStorage", "thelog")]
    public void An_account_is_named_by_its_addresses_or_by_its_name(string settings, string name, string account)
    {
        var read = StorageSettings.From(Settings(settings));

        Assert.Equal((name, (string?)null), (read.Name, read.ConnectionString));
        Assert.Equal(
            (new Uri($"https://{account}.blob.core.windows.net"), new Uri($"https://{account}.table.core.windows.net")),
            (read.BlobServiceUri, read.TableServiceUri));
    }

    [Theory]
    [InlineData("LogStorage:blobServiceUri=https://a", "LogStorage__blobServiceUri and LogStorage__tableServiceUri must both be https")]
    [InlineData("LogStorage:blobServiceUri=http://a;LogStorage:tableServiceUri=http://a", "must both be https")]
    [InlineData("LogStorage:accountName=a;LogStorage:blobServiceUri=https://a", "LogStorage__accountName stands for both")]
    [InlineData("LogStorage:accountName=evil.example/", "LogStorage__accountName must be the name")]
    [InlineData("LogStorage:accountName=Name", "LogStorage__accountName must be the name")]
    [InlineData("LogStorage:accountName=thelog;LogStorage:credential=password", "LogStorage__credential must be managedidentity")]
    [InlineData("LogStorage:credential=managedidentity", "No storage account is configured")]
    public void What_cannot_work_is_named(string settings, string complaint)
    {
        var failure = Assert.Throws<SettingException>(() => StorageSettings.From(Settings(settings)));

        Assert.Contains(complaint, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LogStorage:credential=managedidentity;LogStorage:clientId=c", true, "c")]
    [InlineData("LogStorage:credential=ManagedIdentity", true, null)]
    [InlineData("LogStorage:clientId=c", false, "c")]
    [InlineData("AzureWebJobsStorage:credential=managedidentity;AzureWebJobsStorage:clientId=c", false, null)]
    public void The_identity_is_that_of_the_account(string settings, bool managed, string? clientId)
    {
        var identity = StorageSettings.From(Settings($"{Both};{settings}")).Identity!;

        Assert.Equal(new StorageIdentity(managed, clientId), identity);
        Assert.IsType(managed ? typeof(ManagedIdentityCredential) : typeof(DefaultAzureCredential), identity.Credential());
    }

    private static IConfiguration Settings(string settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Split(';').Select(pair => pair.Split('=', 2)).Select(pair => KeyValuePair.Create(pair[0], (string?)pair[1])))
        .Build();
}
