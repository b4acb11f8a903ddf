using System.Text.Json;
using Serverless.Functions.Http;

namespace Serverless.Functions.Health;

/// <summary>Answers of the health probes.</summary>
internal static class Readiness
{
    /// <summary>Nothing, where storage can be reached.</summary>
    /// <exception cref="RequestException">It cannot be.</exception>
    public static async ValueTask RequireAsync(StorageHealth health, CancellationToken cancellationToken)
    {
        if (await health.MissingAsync().WaitAsync(cancellationToken) is { } missing)
        {
            throw new RequestException(Problem.NotReady(missing));
        }
    }

    public static Reply Reply(string status) => Http.Reply.Json(MediaType.PlainJson, json => Write(json, status));

    private static void Write(Utf8JsonWriter json, string status)
    {
        json.WriteStartObject();
        json.WriteString("status"u8, status);
        json.WriteEndObject();
    }
}
