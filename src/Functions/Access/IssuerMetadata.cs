using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Serverless.Functions.Access;

/// <summary>An issuer's name for itself, and the keys that it signs with.</summary>
internal sealed record IssuerMetadata(string Issuer, IReadOnlyList<SecurityKey> Keys, long ReadAt)
{
    public bool HasKey(string? id) => Keys.Any(key => key.KeyId == id);

    /// <summary>Asks for both documents.</summary>
    /// <exception cref="InvalidOperationException">They are not of the issuer that was asked.</exception>
    public static async Task<IssuerMetadata> ReadAsync(
        TokenIssuer issuer, IDocumentRetriever documents, long readAt, CancellationToken cancellationToken)
    {
        var told = await OpenIdConnectConfigurationRetriever.GetAsync(issuer.MetadataAddress, documents, cancellationToken);
        if (told.Issuer?.TrimEnd('/') != issuer.Authority)
        {
            throw new InvalidOperationException($"The metadata at {issuer.MetadataAddress} are of another issuer.");
        }

        // A document may list symmetric keys too, and whoever reads it could sign with them.
        return new IssuerMetadata(
            told.Issuer, [.. told.SigningKeys.Where(key => key is RsaSecurityKey or X509SecurityKey or ECDsaSecurityKey)], readAt);
    }
}
