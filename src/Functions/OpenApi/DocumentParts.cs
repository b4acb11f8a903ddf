using System.Text.Json.Nodes;

namespace Serverless.Functions.OpenApi;

/// <summary>The pieces of the OpenAPI document, a file a subject with its paths and schemas, and the whole that they make.</summary>
/// <remarks>They lie in the folder Parts, and come along as resources of the assembly.</remarks>
internal static class DocumentParts
{
    private const string ResourcePrefix = "openapi/";

    // Version, title, tags: what a reader of the whole meets first.
    private const string Root = ResourcePrefix + "root.json";

    /// <exception cref="InvalidOperationException">Two pieces say something of the same place.</exception>
    public static JsonObject Join()
    {
        var assembly = typeof(DocumentParts).Assembly;
        var names = assembly.GetManifestResourceNames().Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal));
        var document = new JsonObject();
        foreach (var name in names.OrderBy(name => name != Root).ThenBy(name => name, StringComparer.Ordinal))
        {
            using var resource = assembly.GetManifestResourceStream(name)!;
            Merge(document, JsonNode.Parse(resource)!.AsObject(), name[ResourcePrefix.Length..]);
        }

        return document;
    }

    /// <summary>Objects that both have become one; anything else may be said once.</summary>
    public static void Merge(JsonObject target, JsonObject part, string place)
    {
        foreach (var (name, value) in part.ToList())
        {
            part.Remove(name);
            var at = $"{place} › {name}";
            if (!target.TryGetPropertyValue(name, out var there))
            {
                target[name] = value;
            }
            else if (there is JsonObject known && value is JsonObject more)
            {
                Merge(known, more, at);
            }
            else
            {
                throw new InvalidOperationException($"{at} is said twice.");
            }
        }
    }
}
