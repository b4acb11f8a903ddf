using System.Text.Json;

namespace Serverless.Functions.Http.Transactions;

/// <summary>The body that begins an incarnation of a transactional id; none asks for the defaults. A bad value is 42204.</summary>
/// <remarks>Clients write numbers as strings, or not: both are taken, as where a consumer is created.</remarks>
internal static class InitRequest
{
    private static readonly FieldNames Fields = new("transaction.timeout.ms");

    /// <summary>How long a transaction may be open; null where nothing is said. How long at most, Core knows.</summary>
    public static TimeSpan? Parse(RequestBody body)
    {
        if (body.IsEmpty)
        {
            return null;
        }

        var json = StrictJson.Open(body.Bytes.Span, Problem.Configuration);
        json.BeginObject("The body");
        TimeSpan? timeout = null;
        for (uint seen = 0; json.NextField(Fields, ref seen, out var field);)
        {
            timeout = json.IsNull ? null : Timeout(ref json, Fields[field]);
        }

        json.End();
        return timeout;
    }

    private static TimeSpan? Timeout(ref StrictJson json, string what)
    {
        var milliseconds = 0L;
        var read = json.Token switch
        {
            JsonTokenType.Number => json.TryInt64(out milliseconds),
            JsonTokenType.String => Integers.TryParse(json.String(what), out milliseconds),
            _ => false,
        };
        if (read && milliseconds is >= 1 and <= int.MaxValue)
        {
            return TimeSpan.FromMilliseconds(milliseconds);
        }

        json.Refuse($"Invalid configuration value {json.ShownValue()} for {what}: it must be an integer from 1 to {int.MaxValue}.");
        json.Skip();
        return null;
    }
}
