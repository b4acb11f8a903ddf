using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Serverless.Functions;
using Xunit;

namespace Serverless.Edge.Access;

/// <summary>The table in docs/access-control.md says what the matrix proves.</summary>
public sealed class DocumentTests
{
    private static readonly Dictionary<string, string> Words = new()
    {
        ["TOPIC"] = "topic", ["GROUP"] = "group", ["TRANSACTIONAL_ID"] = "transactional id", ["CLUSTER"] = "cluster",
    };

    [Fact]
    public void Every_function_stands_there_with_what_it_needs()
    {
        var functions = from type in typeof(ServiceRegistration).Assembly.GetTypes()
                        from method in type.GetMethods()
                        let trigger = method.GetParameters().Select(p => p.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault(t => t is not null)
                        where trigger is not null
                        select (method.GetCustomAttribute<FunctionAttribute>()!.Name, Verb: trigger.Methods?.FirstOrDefault()?.ToUpperInvariant() ?? "any", trigger.Route);
        var expected = functions.Select(function => $"| `{function.Verb} /{function.Route}` | {NeedsOf(function.Name)} |");

        var stands = File.ReadLines(Path.Combine(Root(), "docs", "access-control.md")).Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Where(line => line.Contains(" /", StringComparison.Ordinal)).Select(line => line[..(line.LastIndexOf(" |", line.Length - 2, StringComparison.Ordinal) + 2)]);

        Assert.Equal(expected.Order(StringComparer.Ordinal), stands.Order(StringComparer.Ordinal));
    }

    private static string NeedsOf(string function) => MatrixRows.All.Single(row => row.Function == function).Needs switch
    {
        null => "nobody is asked",
        [] => "any caller",
        var needs => string.Join(", ", needs.Select(need => need.Split(' ')).Select(need => $"{need[2]} {Words[need[0]]}").Distinct()),
    };

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Serverless.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("Not within the repository.");
        }

        return folder.FullName;
    }
}
