using Microsoft.AspNetCore.Http;

namespace Serverless.Functions.Http;

/// <summary>A request's query: only names that the operation knows, each at most once. A typo must not be taken for silence.</summary>
/// <remarks>
/// <c>code</c> is where Azure Functions takes keys from. Here it is refused: it would be in every log that has the address.
/// </remarks>
internal sealed class Query
{
    private const string PlatformKey = "code";

    private readonly IQueryCollection _values;

    private Query(IQueryCollection values) => _values = values;

    public static Query Of(HttpRequest request, IReadOnlyCollection<string> known)
    {
        foreach (var (name, values) in request.Query)
        {
            if (name.Equals(PlatformKey, StringComparison.OrdinalIgnoreCase))
            {
                throw Bad("A key in the query is not taken: send it in a header (docs/access-control.md).");
            }

            if (!known.Contains(name, StringComparer.Ordinal))
            {
                throw Bad($"Unknown query parameter: {(name.Length <= 64 ? name : name[..64])}");
            }

            if (values.Count != 1)
            {
                throw Bad($"Query parameter {name} is given more than once.");
            }
        }

        return new Query(request.Query);
    }

    public string? Text(string name) => _values.TryGetValue(name, out var value) ? value.ToString() : null;

    /// <summary>Null when missing; 400 when it is not an exact 64-bit integer.</summary>
    public long? Integer(string name) =>
        Text(name) is not { } text ? null
        : Integers.TryParse(text, out var value) ? value
        : throw Bad($"Query parameter {name} must be an integer.");

    /// <summary>Null when missing; 400 when it is no exact integer within the range.</summary>
    public long? Integer(string name, long min, long max) => Integer(name) is not { } value ? null
        : value >= min && value <= max ? value
        : throw Bad($"Query parameter {name} must be from {min} to {max}.");

    /// <summary>A limit: null when missing, zero or negative; cut to <paramref name="max"/>.</summary>
    public long? Limit(string name, long max) => Integer(name) is { } value and > 0 ? Math.Min(value, max) : null;

    public static RequestException Bad(string message) => new(Problem.Malformed(message));
}
