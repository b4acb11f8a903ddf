using System.Diagnostics;
using System.Text.Json.Nodes;
using Serverless.Functions.OpenApi;
using Xunit;

namespace Serverless.Edge.OpenApi;

/// <summary>What others make of the document: the linter that tools/redocly pins, by the rules there. <c>./test</c> installs it.</summary>
public sealed class LintTests : IDisposable
{
    private static readonly TimeSpan TimeMax = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("openapi-");

    [Fact]
    public async Task The_document_passes_the_strictest_rules()
    {
        var (code, output) = await LintAsync(OpenApiDocument.Whole());

        Assert.True(code == 0, output);
    }

    [Fact]
    public async Task A_document_that_leads_nowhere_does_not_pass()
    {
        var document = OpenApiDocument.Whole();
        document["paths"]!["/topics"]!["get"]!["responses"]!["500"]!["$ref"] = "#/components/responses/Nowhere";

        var (code, output) = await LintAsync(document);

        Assert.Equal(1, code);
        Assert.Contains("no-unresolved-refs", output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task<(int Code, string Output)> LintAsync(JsonObject document)
    {
        // The address is put in for each request.
        var file = Path.Combine(_folder.FullName, "openapi.json");
        document["servers"] = new JsonArray(new JsonObject { ["url"] = "https://host" });
        await File.WriteAllTextAsync(file, document.ToJsonString());
        var tool = Path.Combine(RepositoryRoot(), "tools", "redocly");
        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = _folder.FullName,
            ArgumentList =
            {
                Path.Combine(tool, "node_modules", "@redocly", "cli", "bin", "cli.js"),
                "lint", file, "--config", Path.Combine(tool, "redocly.yaml"), "--format", "stylish",
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,

            // It neither tells anybody of its use nor asks for a newer one.
            Environment = { ["REDOCLY_TELEMETRY"] = "off", ["REDOCLY_SUPPRESS_UPDATE_NOTICE"] = "true", ["NO_COLOR"] = "1" },
        };
        using var process = Process.Start(start)!;
        using var time = new CancellationTokenSource(TimeMax);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(time.Token), process.StandardError.ReadToEndAsync(time.Token));
        await process.WaitForExitAsync(time.Token);
        return (process.ExitCode, await output + await error);
    }

    private static string RepositoryRoot()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Serverless.sln")))
            {
                return at.FullName;
            }
        }

        throw new InvalidOperationException("The tests do not lie within the repository.");
    }
}
