using System.Text.Json;
using Serverless.Core.Effects;

namespace Serverless.Functions.Http.Effects;

/// <summary>An effect as its path names it, and as replies tell it.</summary>
internal readonly record struct EffectName(string Scope, string Key)
{
    public static EffectName Of(string scope, string key) => new(RequestNames.EffectScope(scope), RequestNames.EffectKey(key));

    public Reply Claimed(Call call, EffectClaim claim, int status)
    {
        var name = this;
        return call.Json(
            json =>
            {
                name.Begin(json, "claimed"u8, claim.Token);
                json.WriteString("expires_at"u8, Timestamps.Format(claim.ExpiresAt));
                json.WriteEndObject();
            },
            status);
    }

    public Reply Done(Call call, EffectRecord record)
    {
        var name = this;
        return call.Json(json =>
        {
            name.Begin(json, "done"u8, record.Token);
            json.WritePropertyName("result"u8);
            if (record.ContentType == MediaType.PlainJson)
            {
                // As it was sent, and checked then.
                json.WriteRawValue(record.Result.Span, skipInputValidation: true);
            }
            else
            {
                json.WriteBase64StringValue(record.Result.Span);
                json.WriteString("content_type"u8, record.ContentType);
            }

            json.WriteString("completed_at"u8, Timestamps.Format(record.CompletedAt));
            json.WriteEndObject();
        });
    }

    private void Begin(Utf8JsonWriter json, ReadOnlySpan<byte> state, long token)
    {
        json.WriteStartObject();
        json.WriteString("scope"u8, Scope);
        json.WriteString("key"u8, Key);
        json.WriteString("state"u8, state);
        json.WriteNumber("fencing_token"u8, token);
    }
}
