namespace Serverless.Functions.Telemetry;

/// <summary>The managed identity that writes to Application Insights.</summary>
/// <param name="ClientId">Of a user-assigned one; null for the application's own.</param>
internal sealed record MonitorIdentity(string? ClientId)
{
    /// <summary>Reads what Functions reads too: <c>Authorization=AAD</c>, and <c>ClientId=…</c> where it is not the application's own.</summary>
    /// <exception cref="SettingException">It says anything else.</exception>
    public static MonitorIdentity? Parse(string? text, string name)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        string? clientId = null;
        var isEntra = false;
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (key, value) = part.Split('=', 2) is [var left, var right] ? (left.Trim(), right.Trim()) : (part, "");
            isEntra |= key.Equals("Authorization", StringComparison.OrdinalIgnoreCase) && value.Equals("AAD", StringComparison.OrdinalIgnoreCase);
            clientId = key.Equals("ClientId", StringComparison.OrdinalIgnoreCase) && value.Length > 0 ? value : clientId;
        }

        return isEntra ? new(clientId) : throw new SettingException($"{name} must be Authorization=AAD, and ClientId=… with a user-assigned identity.");
    }
}
