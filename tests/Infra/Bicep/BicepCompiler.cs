using System.Diagnostics;

namespace Serverless.Infra.Bicep;

/// <summary>The Bicep compiler as a process. Whatever it says is a complaint: a clean build prints nothing.</summary>
internal static class BicepCompiler
{
    private static readonly string Program = Repository.Metadata("Bicep") + (OperatingSystem.IsWindows() ? ".exe" : "");

    public static async Task<(int Code, string Output, string Complaints)> RunAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Repository.Root,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var complaints = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await complaints);
    }

    /// <summary>Compiles a template; the linter's rules are those of the nearest bicepconfig.json.</summary>
    public static Task<(int Code, string Output, string Complaints)> BuildAsync(string file) => RunAsync(["build", file, "--stdout"]);
}
