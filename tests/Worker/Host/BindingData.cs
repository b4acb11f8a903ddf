using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Serverless.Worker.Host.Rpc;

namespace Serverless.Worker.Host;

/// <summary>What the host tells the worker about an HTTP request, and the worker binds parameters from by their names.</summary>
/// <remarks>
/// The body's fields, then the query, then the route: what comes later wins. That the host takes apart a body that it only passes on
/// is the reason to do so here: a field or a query may bear the name of a function's parameter.
/// </remarks>
internal static class BindingData
{
    public static async Task<IReadOnlyDictionary<string, TypedData>> OfAsync(HttpRequest request, RouteValueDictionary route)
    {
        var data = new Dictionary<string, TypedData>(StringComparer.OrdinalIgnoreCase);
        if (request.ContentLength > 0)
        {
            AddFields(data, await ReadBodyAsync(request));
        }

        foreach (var (name, value) in request.Query.Where(pair => !pair.Key.Equals("code", StringComparison.OrdinalIgnoreCase)))
        {
            data[name] = new TypedData { String = value.ToString() };
        }

        foreach (var (name, value) in route.Where(pair => pair.Value is not null))
        {
            data[name] = new TypedData { String = value!.ToString() };
        }

        data.TryAdd("Query", Json(request.Query.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.ToString()))));
        data.TryAdd("Headers", Json(request.Headers.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.ToString()))));
        return data;
    }

    private static async Task<string> ReadBodyAsync(HttpRequest request)
    {
        request.EnableBuffering();
        using var reader = new StreamReader(request.Body, leaveOpen: true);
        var text = await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
        request.Body.Position = 0;
        return text;
    }

    private static void AddFields(Dictionary<string, TypedData> data, string body)
    {
        try
        {
            using var parsed = JsonDocument.Parse(body);
            if (parsed.RootElement.ValueKind != JsonValueKind.Object)
            {
                return;
            }

            foreach (var field in parsed.RootElement.EnumerateObject())
            {
                if (field.Value.ValueKind is not (JsonValueKind.Array or JsonValueKind.Null))
                {
                    data[field.Name] = field.Value.ValueKind == JsonValueKind.Object
                        ? new TypedData { Json = field.Value.GetRawText() }
                        : new TypedData { String = field.Value.ToString() };
                }
            }
        }
        catch (JsonException)
        {
            // A body that is no JSON has no fields.
        }
    }

    private static TypedData Json(IEnumerable<KeyValuePair<string, string>> pairs) =>
        new() { Json = JsonSerializer.Serialize(pairs.ToDictionary()) };
}
