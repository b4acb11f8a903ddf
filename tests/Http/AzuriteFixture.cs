using Serverless.Emulator;
using Serverless.Http;

[assembly: AssemblyFixture(typeof(AzuriteFixture))]

namespace Serverless.Http;

/// <summary>One emulator for the whole run, started when the first test asks for it: many tests here need no storage.</summary>
public sealed class AzuriteFixture : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("azurite-").FullName;
    private readonly Lazy<Task<AzuriteProcess>> _azurite;

    public AzuriteFixture() => _azurite = new(
        () => AzuriteProcess.StartAsync(new AzuriteOptions { Location = _folder }, CancellationToken.None));

    public async Task<string> ConnectionStringAsync() => (await _azurite.Value).ConnectionString;

    public async ValueTask DisposeAsync()
    {
        if (_azurite.IsValueCreated)
        {
            await (await _azurite.Value).DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
