using Serverless.Core.Effects;

namespace Serverless.Functions.Http.Effects;

/// <summary>The body of a PUT of an effect: what it says of a claim, or the result to record. None asks for a claim by the defaults.</summary>
/// <param name="Record">Null: it claims.</param>
internal sealed record EffectRequest(TimeSpan Lease, string? Holder, EffectRequest.Recording? Record)
{
    private const int LeaseMs = 0, HolderName = 1, Token = 2, Result = 3;

    private const int LeaseMsMin = 1_000, LeaseMsMax = 600_000;

    private static readonly TimeSpan LeaseUsual = TimeSpan.FromMinutes(1);

    private static readonly FieldNames Fields = new("lease.ms", "holder", "fencing_token", "result");

    /// <param name="Result">The JSON value as it was sent; it lies in the body.</param>
    internal sealed record Recording(long Token, ReadOnlyMemory<byte> Result);

    public static EffectRequest Parse(RequestBody body)
    {
        if (body.IsEmpty)
        {
            return new EffectRequest(LeaseUsual, null, null);
        }

        var json = StrictJson.Open(body.Bytes.Span);
        json.BeginObject("The body");
        var (lease, holder, token, result) = ((TimeSpan?)null, (string?)null, (long?)null, (ReadOnlyMemory<byte>?)null);
        for (uint seen = 0; json.NextField(Fields, ref seen, out var field);)
        {
            switch (field)
            {
                case LeaseMs when !json.IsNull:
                    lease = ReadLease(ref json);
                    break;
                case HolderName when !json.IsNull:
                    holder = ReadHolder(ref json);
                    break;
                case Token:
                    token = ReadToken(ref json);
                    break;
                case Result:
                    result = body.Bytes[json.Raw()];
                    break;
                default:
                    break;
            }
        }

        Refuse(ref json, lease is not null || holder is not null, token is not null, result);
        json.End();
        return new EffectRequest(
            lease ?? LeaseUsual, holder, result is { } recorded ? new Recording(token!.Value, recorded) : null);
    }

    private static void Refuse(ref StrictJson json, bool claims, bool hasToken, ReadOnlyMemory<byte>? result)
    {
        if (hasToken != result is not null)
        {
            json.Refuse(hasToken ? "result is missing: null is one." : "fencing_token is missing.");
        }

        if (claims && (hasToken || result is not null))
        {
            json.Refuse("lease.ms and holder belong to a claim, and not to a result.");
        }

        if (result is { Length: > EffectOptions.ResultBytesMax })
        {
            json.Refuse(Problem.TooLarge($"result is too large: at most {EffectOptions.ResultBytesMax} bytes."));
        }
    }

    private static TimeSpan ReadLease(ref StrictJson json)
    {
        var milliseconds = json.Int64(Fields[LeaseMs]);
        if (milliseconds is < LeaseMsMin or > LeaseMsMax)
        {
            json.Refuse($"{Fields[LeaseMs]} must be from {LeaseMsMin} to {LeaseMsMax}.");
            return LeaseUsual;
        }

        return TimeSpan.FromMilliseconds(milliseconds);
    }

    private static string ReadHolder(ref StrictJson json)
    {
        var holder = json.String(Fields[HolderName]);
        if (RequestNames.Complaint(holder, Fields[HolderName]) is { } complaint)
        {
            json.Refuse(complaint);
        }

        return holder;
    }

    private static long ReadToken(ref StrictJson json)
    {
        var token = json.Int64(Fields[Token]);
        if (token < 1)
        {
            json.Refuse($"{Fields[Token]} must be from 1 to {long.MaxValue}.");
        }

        return token;
    }
}
