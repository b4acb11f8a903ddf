using Microsoft.Extensions.Configuration;

namespace Serverless.Functions.Access;

/// <summary>Whose tokens are taken, and for whom they must be.</summary>
/// <param name="Authority">Where the issuer tells its keys; without a slash at its end.</param>
/// <param name="TenantId">The Entra tenant; null where it is any other issuer of OpenID Connect.</param>
public sealed record TokenIssuer(string Authority, string? TenantId, IReadOnlyList<string> Audiences)
{
    /// <summary>Which issuers tokens may name, in the issuer's own words of itself.</summary>
    /// <remarks>Entra signs both versions of a tenant's tokens with the same keys; which one comes is the application registration's choice.</remarks>
    public IReadOnlyList<string> Issuers(string itself) => TenantId is null ? [itself] : [itself, $"https://sts.windows.net/{TenantId}/"];

    public string MetadataAddress => $"{Authority}/.well-known/openid-configuration";

    /// <summary>Only where the issuer is on this machine its documents may come over http.</summary>
    public bool RequiresHttps => !Authority.StartsWith("http://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Null where neither tenant nor authority is set.</summary>
    /// <exception cref="SettingException">They cannot work.</exception>
    internal static TokenIssuer? From(IConfigurationSection set)
    {
        var (tenant, authority) = (set["TenantId"], set["Authority"]);
        var audiences = (set["Audience"] ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (string.IsNullOrEmpty(tenant) && string.IsNullOrEmpty(authority))
        {
            return audiences.Length == 0
                ? null
                : throw new SettingException(
                    "Access__Audience says for whom tokens are, and Access__TenantId or Access__Authority whose: both are needed.");
        }

        if (!string.IsNullOrEmpty(tenant) && !string.IsNullOrEmpty(authority))
        {
            throw new SettingException("Access__TenantId and Access__Authority are two ways to name one issuer: set one of them.");
        }

        if (audiences.Length == 0)
        {
            throw new SettingException("Access__Audience is missing: a token for somebody else must not be taken for one for this service.");
        }

        return string.IsNullOrEmpty(tenant)
            ? new TokenIssuer(Checked(authority!), null, audiences)
            : Guid.TryParseExact(tenant, "D", out var id)
                ? new TokenIssuer($"https://login.microsoftonline.com/{id:D}/v2.0", $"{id:D}", audiences)
                : throw new SettingException("Access__TenantId must be the id of one tenant, as a GUID.");
    }

    private static string Checked(string authority) =>
        Uri.TryCreate(authority, UriKind.Absolute, out var uri) && uri is { Query: "", Fragment: "", UserInfo: "" }
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && StorageEndpoints.IsLoopback(authority)))
            ? authority.TrimEnd('/')
            : throw new SettingException("Access__Authority must be an https address without a query; http only on this machine.");
}
