using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Serverless.WebhookReceiver;

/// <summary>Checks that a request is from whoever has the secret, and not an old one sent again (Standard Webhooks).</summary>
public static class Signature
{
    private static readonly TimeSpan AgeMax = TimeSpan.FromMinutes(5);

    public static bool IsValid(IHeaderDictionary headers, byte[] body, byte[] secret, DateTimeOffset now)
    {
        var (id, time) = (headers["webhook-id"].ToString(), headers["webhook-timestamp"].ToString());
        if (id.Length == 0 || !long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs(now.ToUnixTimeSeconds() - seconds) > AgeMax.TotalSeconds)
        {
            return false;
        }

        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{time}."), .. body];
        var hash = HMACSHA256.HashData(secret, signed);
        var expected = Encoding.ASCII.GetBytes($"v1,{Convert.ToBase64String(hash)}");

        // Several where the secret is being changed; one that is right is enough.
        return headers["webhook-signature"].ToString().Split(' ')
            .Any(given => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(given), expected));
    }
}
