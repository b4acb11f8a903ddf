using Serverless.Contract;
using Serverless.Core.Storage.Azure;
using Serverless.Emulator;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]

namespace Serverless.Contract;

/// <summary>One emulator for the whole run. Each test has a container and tables of its own, and so none sees another.</summary>
public sealed class AzuriteFixture : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("azurite-").FullName;
    private AzuriteProcess? _azurite;

    public AzuriteProcess Azurite => _azurite ?? throw new InvalidOperationException("Not started yet.");

    public async ValueTask InitializeAsync() => _azurite = await AzuriteProcess.StartAsync(
        new AzuriteOptions { Location = _folder }, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_azurite is not null)
        {
            await _azurite.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Options that name a container and tables which nobody else uses, and which do not exist yet.</summary>
    public static AzureStorageOptions NewOptions()
    {
        var unique = $"t{Guid.NewGuid():n}"[..20];
        return new AzureStorageOptions { ContainerName = unique, TablePrefix = unique };
    }

    public AzureStorage NewStorage(AzureStorageOptions? options = null) =>
        AzureStorage.Connect(Azurite.ConnectionString, options ?? NewOptions());
}
