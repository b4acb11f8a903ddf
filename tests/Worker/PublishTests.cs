using System.Diagnostics;

namespace Serverless.Worker;

/// <summary>What is deployed.</summary>
public sealed class PublishTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("publish-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_is_published_has_all_that_the_host_looks_for_and_no_secrets()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        string[] arguments =
        [
            "publish", WorkerFixture.Metadata("FunctionsProject"), "--configuration", WorkerFixture.Metadata("Configuration"),
            "--output", _folder, "--no-build", "--nologo", "-nodeReuse:false",
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        using var publish = Process.Start(start)!;
        var said = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();

        Assert.True(publish.ExitCode == 0, said);
        Assert.All(
            ["host.json", "worker.config.json", "functions.metadata", "extensions.json", ".azurefunctions", "Serverless.Functions.dll"],
            name => Assert.True(Path.Exists(Path.Combine(_folder, name)), name));
        Assert.False(File.Exists(Path.Combine(_folder, "local.settings.json")));
    }
}
