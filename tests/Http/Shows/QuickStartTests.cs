using System.Diagnostics;
using Serverless.LocalHost;

namespace Serverless.Http.Shows;

/// <summary>The document that a newcomer meets first says what is so.</summary>
[Collection(Show.Name)]
public sealed class QuickStartTests : IDisposable
{
    // Where ./run serves; a host of the test has a port of its own, so that it never meets a run on this machine.
    private const string UsualAddress = "localhost:7071";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string _data = Directory.CreateTempSubdirectory("quick-start-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task The_quick_start_of_the_README_pasted_line_by_line_prints_what_it_says()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The quick start is for a Unix shell.");
        var readme = await File.ReadAllTextAsync(Path.Combine(RepositoryRoot.Find(), "README.md"));
        var steps = ConsoleBlock.Steps(readme, "Quick start");
        Assert.NotEmpty(steps);
        Assert.All(steps, step => Assert.StartsWith("curl ", step.Command));
        await using var host = await ShowHost.StartAsync("--data", _data);

        // The first difference only: what follows a step that went wrong goes wrong as well.
        var address = $"localhost:{host.Process.Address.Port}";
        foreach (var step in steps)
        {
            var output = await PasteAsync(step.Command.Replace(UsualAddress, address, StringComparison.Ordinal));
            var printed = output.Replace(address, UsualAddress, StringComparison.Ordinal);
            Assert.True(
                step.Allows(printed), $"README.md, line {step.Line}: {step.Command}\nIt says:\n{step.Expected}\nPrinted:\n{printed}");
        }

        await host.StopAsync();
    }

    private static async Task<string> PasteAsync(string command)
    {
        var start = new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var shell = Process.Start(start)!;
        var (output, error) = (shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        await shell.WaitForExitAsync().WaitAsync(Patience);
        return await output + await error;
    }
}
