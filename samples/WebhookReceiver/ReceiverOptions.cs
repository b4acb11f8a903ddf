namespace Serverless.WebhookReceiver;

/// <summary>What the command line says.</summary>
public sealed record ReceiverOptions(string Url, string Database, byte[] Secret)
{
    public const string Usage = """
        WebhookReceiver --secret whsec_<base64> [--url http://127.0.0.1:8080] [--database effects.db]

        Takes what a delivery sends, checks its signature, and does each batch once.
        GET /effects?after=0 tells what was done, in its order.
        """;

    private const string SecretPrefix = "whsec_";

    /// <summary>Null where it cannot be understood.</summary>
    public static ReceiverOptions? Parse(string[] args, out string complaint)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["--url"] = "http://127.0.0.1:8080", ["--database"] = "effects.db",
        };
        for (var index = 0; index + 1 < args.Length; index += 2)
        {
            given[args[index]] = args[index + 1];
        }

        complaint = args.Length % 2 == 1 ? "Each option has a value." : "--secret must be whsec_ and base64.";
        var secret = new byte[256];
        return args.Length % 2 == 0 && given.TryGetValue("--secret", out var text) && text.StartsWith(SecretPrefix, StringComparison.Ordinal)
            && Convert.TryFromBase64String(text[SecretPrefix.Length..], secret, out var length)
                ? new ReceiverOptions(given["--url"], given["--database"], secret[..length])
                : null;
    }
}
