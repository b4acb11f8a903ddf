using System.Security.Cryptography;
using System.Text;
using Serverless.Core.Storage;

namespace Serverless.Core.Effects;

/// <summary>One row an effect, spread over partition keys by its hash. Names in quotes are stored.</summary>
/// <remarks>
/// A key in its scope is all that a claimant knows, and both may be long: so the row is named by their hash, and has them in columns for
/// people who look. No encoded name holds a <c>|</c>, so no two pairs are the same text.
/// </remarks>
internal static class EffectRowCodec
{
    public const int Shards = 64;

    public static RowKey KeyOf(string scope, string key)
    {
        var hash = SHA256.HashData(Encoding.ASCII.GetBytes($"{KeyEncoding.Encode(scope)}|{KeyEncoding.Encode(key)}"));
        return new RowKey(PartitionOf(hash[0] % Shards), Convert.ToHexStringLower(hash));
    }

    public static string PartitionOf(int shard) => $"e|{shard:x2}";

    public static Dictionary<string, object> Encode(string scope, string key, EffectRow value)
    {
        var columns = new Dictionary<string, object>
        {
            ["scope"] = KeyEncoding.Encode(scope),
            ["key"] = KeyEncoding.Encode(key),
            ["token"] = value.Token,
            ["stage"] = (int)value.Stage,
            ["attempt"] = value.Attempt,
            ["holder"] = value.Holder,
            ["lease"] = value.Lease,
            ["expires"] = value.ExpiresAt,
        };
        if (value.Record is { } record)
        {
            columns["completed"] = record.CompletedAt;
            columns["type"] = record.ContentType;
            columns["result"] = record.Result.ToArray();
        }

        return columns;
    }

    public static EffectRow Decode(StoredRow row)
    {
        var columns = row.Columns;
        var token = (long)columns["token"];
        return new EffectRow(
            token, (EffectStage)(int)columns["stage"], (string)columns["attempt"], (string)columns["holder"],
            (DateTimeOffset)columns["lease"], (DateTimeOffset)columns["expires"])
        {
            Record = columns.TryGetValue("completed", out var completed)
                ? new EffectRecord(token, (byte[])columns["result"], (string)columns["type"], (DateTimeOffset)completed)
                : null,
        };
    }
}
