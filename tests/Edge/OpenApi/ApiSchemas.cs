using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace Serverless.Edge.OpenApi;

/// <summary>The document's schemas, each made ready once, however many tests ask.</summary>
internal static class ApiSchemas
{
    private const string Components = "https://serverless.test/components";

    private static readonly EvaluationOptions Shortly = new() { OutputFormat = OutputFormat.Flag };
    private static readonly EvaluationOptions AtLength = new() { OutputFormat = OutputFormat.List };
    private static readonly BuildOptions Building = new() { SchemaRegistry = new SchemaRegistry() };
    private static readonly ConcurrentDictionary<string, JsonSchema> Ready = new();
    private static readonly Lock Gate = new();

    static ApiSchemas() => Build(new JsonObject
    {
        ["$id"] = Components,
        ["$defs"] = JsonNode.Parse(ApiDocument.Root.GetProperty("components").GetProperty("schemas").GetRawText()),
    }.ToJsonString());

    /// <summary>What is wrong with a value; null where nothing is.</summary>
    public static string? Complaint(JsonElement schema, JsonElement value)
    {
        var text = schema.GetRawText();
        if (!Ready.TryGetValue(text, out var ready))
        {
            ready = Ready.GetOrAdd(text, Build(text));
        }

        if (ready.Evaluate(value, Shortly).IsValid)
        {
            return null;
        }

        var faults = from detail in ready.Evaluate(value, AtLength).Details ?? []
                     where !detail.IsValid && detail.Errors is not null
                     from error in detail.Errors!
                     select $"  at '{detail.InstanceLocation}' ({detail.EvaluationPath}): {error.Value}";
        return string.Join('\n', faults.Distinct());
    }

    // References to components lead to the one schema that has them all.
    private static JsonSchema Build(string text)
    {
        lock (Gate)
        {
            return JsonSchema.FromText(text.Replace("#/components/schemas/", $"{Components}#/$defs/", StringComparison.Ordinal), Building);
        }
    }
}
