using System.Diagnostics;
using System.Reflection.PortableExecutable;
using Serverless.Http;
using Serverless.Http.Shows;

namespace Serverless.Worker;

/// <summary>What is deployed: `dotnet publish` and nothing else, as azd and the other tools run it.</summary>
public sealed class PublishTests(AzuriteFixture azurite) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("publish-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_is_published_has_all_that_the_host_looks_for_and_no_secrets_and_serves()
    {
        await PublishAsync();

        Assert.All(
            ["host.json", "worker.config.json", "functions.metadata", "extensions.json", ".azurefunctions", "Serverless.Functions.dll"],
            name => Assert.True(Path.Exists(Path.Combine(_folder, name)), name));
        Assert.False(File.Exists(Path.Combine(_folder, "local.settings.json")));
        Assert.All(["Serverless.Functions.dll", "Serverless.Core.dll", "Azure.Core.dll"], IsCompiledAhead);
        await using var host = await WorkerFixture.StartHostAsync(azurite, _folder);
        using var client = new LogClient(host.Address);
        await client.CreateTopicAsync("published", 1);
        await client.ProduceAsync("published", 0, "first");
        Assert.Equal("first", Assert.Single(await client.ReadAllAsync("published", 0)).Value);
    }

    private async Task PublishAsync()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        string[] arguments =
        [
            "publish", WorkerFixture.Metadata("FunctionsProject"), "--configuration", WorkerFixture.Metadata("Configuration"),
            "--output", _folder, "--nologo", "-nodeReuse:false",
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        using var publish = Process.Start(start)!;
        var said = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        Assert.True(publish.ExitCode == 0, said);
    }

    private void IsCompiledAhead(string assembly)
    {
        using var file = new PEReader(File.OpenRead(Path.Combine(_folder, assembly)));
        Assert.True(file.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0, $"{assembly} has no code that is compiled ahead.");
    }
}
