namespace Serverless.Functions.Delivery.Webhooks;

/// <summary>The secret that signs a webhook's requests, as Standard Webhooks writes it: <c>whsec_</c> and base64 of 24 to 64 bytes.</summary>
internal static class WebhookSecret
{
    private const string Prefix = "whsec_";
    private const int BytesMin = 24, BytesMax = 64;

    /// <summary>Null where it is none.</summary>
    public static byte[]? Parse(string text)
    {
        var bytes = new byte[text.Length];

        // The decoder passes over white space, where others stop or take it along: they would sign with another secret.
        return text.StartsWith(Prefix, StringComparison.Ordinal) && !text.Any(char.IsWhiteSpace)
            && Convert.TryFromBase64String(text[Prefix.Length..], bytes, out var length) && length is >= BytesMin and <= BytesMax
                ? bytes[..length]
                : null;
    }

    public static string Complaint { get; } = $"target.secret must be {Prefix} and base64 of {BytesMin} to {BytesMax} bytes.";
}
