using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Serverless.Core.Access;

namespace Serverless.Functions.Access;

/// <summary>Who asks, by the word of the platform's own authentication ("Work with user identities in Azure App Service").</summary>
/// <remarks>Only asked where the settings say that the platform authenticates: then it takes the header off what clients send.</remarks>
internal static class PlatformPrincipal
{
    private const string Header = "X-MS-CLIENT-PRINCIPAL";
    private const string EntraId = "aad";
    private const string ObjectId = "http://schemas.microsoft.com/identity/claims/objectidentifier";

    private static readonly string[] RoleTypes = ["roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"];

    /// <summary>Null where the platform says nothing, or speaks of another provider than Entra: its names could be the same.</summary>
    public static Principal? Of(HttpRequest request)
    {
        var header = request.Headers[Header];
        if (header.Count != 1 || header[0] is not { Length: > 0 and <= 4 * Credentials.CharsMax } text)
        {
            return null;
        }

        try
        {
            using var told = JsonDocument.Parse(Convert.FromBase64String(text));
            if (told.RootElement is not { ValueKind: JsonValueKind.Object } root
                || Text(root, "auth_typ") != EntraId
                || !root.TryGetProperty("claims", out var list) || list.ValueKind != JsonValueKind.Array)
            {
                return null;
            }

            var claims = list.EnumerateArray().Where(claim => claim.ValueKind == JsonValueKind.Object)
                .Select(claim => (Type: Text(claim, "typ"), Value: Text(claim, "val"))).ToList();
            var subject = claims.FirstOrDefault(claim => claim.Type is ObjectId or "oid").Value;
            return Subject.PrincipalOf(subject, claims.Where(claim => RoleTypes.Contains(claim.Type)).Select(claim => claim.Value));
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
