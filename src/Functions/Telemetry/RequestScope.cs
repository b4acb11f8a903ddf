using System.Collections;

namespace Serverless.Functions.Telemetry;

/// <summary>What each line that is logged in a request is known by.</summary>
internal sealed class RequestScope(string correlationId, string? traceId) : IReadOnlyList<KeyValuePair<string, object?>>
{
    /// <summary>Who asks, once it is known; no secret.</summary>
    public string? Principal { get; set; }

    public int Count => 1 + (traceId is null ? 0 : 1) + (Principal is null ? 0 : 1);

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new("CorrelationId", correlationId),
        1 when traceId is not null => new("TraceId", traceId),
        _ when index < Count => new("Principal", Principal),
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (var index = 0; index < Count; index++)
        {
            yield return this[index];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => string.Join(' ', this.Select(pair => $"{pair.Key}:{pair.Value}"));
}
