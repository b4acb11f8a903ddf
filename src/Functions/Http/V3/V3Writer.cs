using System.Text.Json;

namespace Serverless.Functions.Http.V3;

/// <summary>What all v3 replies have in common: kind, metadata, links and lists.</summary>
internal static class V3Writer
{
    /// <summary>A list: all of it, or the page before <paramref name="next"/>.</summary>
    public static void List<T>(
        Utf8JsonWriter json, string kind, string self, IEnumerable<T> items, Action<Utf8JsonWriter, T> write, string? next = null)
    {
        json.WriteStartObject();
        json.WriteString("kind"u8, kind);
        json.WriteStartObject("metadata"u8);
        json.WriteString("self"u8, self);
        json.WriteString("next"u8, next);
        json.WriteEndObject();
        json.WriteStartArray("data"u8);
        foreach (var item in items)
        {
            write(json, item);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Begins a resource; the caller writes the rest and ends the object.</summary>
    public static void Begin(Utf8JsonWriter json, string kind, string self, string resourceName, string clusterId)
    {
        json.WriteStartObject();
        json.WriteString("kind"u8, kind);
        json.WriteStartObject("metadata"u8);
        json.WriteString("self"u8, self);
        json.WriteString("resource_name"u8, resourceName);
        json.WriteEndObject();
        json.WriteString("cluster_id"u8, clusterId);
    }

    public static void Related(Utf8JsonWriter json, string name, string url)
    {
        json.WriteStartObject(name);
        json.WriteString("related"u8, url);
        json.WriteEndObject();
    }
}
