using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Serverless.Core.Access;

namespace Serverless.Functions.Access;

/// <summary>Bearer tokens: JSON Web Tokens of one issuer, for this service, of now.</summary>
/// <remarks>
/// Every token is validated anew. That takes some 30 µs; a cache of tokens would have to know when each is over, and whose it was.
/// </remarks>
internal sealed partial class TokenValidator(
    TokenIssuer issuer, IssuerKeys keys, TimeProvider clock, ILogger<TokenValidator> logger)
{
    /// <summary>How much the issuer's clock may be ahead of ours, or behind.</summary>
    public static TimeSpan ClockSkew { get; } = TimeSpan.FromMinutes(1);

    // Signatures that only the issuer can make. With HMAC whoever can check one can make one; and none is none.
    private static readonly string[] Algorithms =
        [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.EcdsaSha256];

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = Credentials.CharsMax, MapInboundClaims = false };

    /// <summary>Whose token it is; null where it is not valid, whatever is wrong with it.</summary>
    /// <exception cref="Http.RequestException">503: the issuer's keys cannot be had.</exception>
    public async ValueTask<Principal?> FindAsync(string text, CancellationToken cancellationToken)
    {
        // Nobody asks the issuer for what could not be a token of his.
        if (Parse(text) is not { } token || !Algorithms.Contains(token.Alg) || string.IsNullOrEmpty(token.Kid))
        {
            return null;
        }

        var metadata = await keys.WithKeyAsync(token.Kid, cancellationToken);
        var result = await _handler.ValidateTokenAsync(token, Parameters(metadata));
        if (!result.IsValid)
        {
            // Which check it was tells an operator what is set up wrong, and nothing of the token.
            var check = result.Exception.GetType().Name;
            TokenRefused(check);
            return null;
        }

        return IsOfTenant(token) ? Subject.PrincipalOf(SubjectOf(token), Roles(token)) : null;
    }

    private TokenValidationParameters Parameters(IssuerMetadata metadata) => new()
    {
        ValidAlgorithms = Algorithms,
        ValidIssuers = issuer.Issuers(metadata.Issuer),
        ValidAudiences = issuer.Audiences,
        IssuerSigningKeyResolver = (_, _, id, _) => metadata.Keys.Where(key => key.KeyId == id),
        TryAllIssuerSigningKeys = false,
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        LifetimeValidator = (from, to, _, _) => IsNow(from, to),
    };

    private bool IsNow(DateTime? from, DateTime? to)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return to is { } end && now < end + ClockSkew && (from is not { } start || now >= start - ClockSkew);
    }

    // Entra's keys are those of all its tenants.
    private bool IsOfTenant(JsonWebToken token) => issuer.TenantId is null || Text(token, "tid") == issuer.TenantId;

    // Entra's oid is the same in all tokens of a caller; its sub differs between applications.
    private static string? SubjectOf(JsonWebToken token) => Text(token, "oid") ?? Text(token, "sub");

    private static IEnumerable<string?> Roles(JsonWebToken token) =>
        token.Claims.Where(claim => claim.Type == "roles" && claim.ValueType == System.Security.Claims.ClaimValueTypes.String)
            .Select(claim => claim.Value);

    private static string? Text(JsonWebToken token, string name) =>
        token.TryGetPayloadValue<object>(name, out var value) ? value as string : null;

    private static JsonWebToken? Parse(string text)
    {
        try
        {
            return new JsonWebToken(text);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or SecurityTokenException or System.Text.Json.JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, EventName = nameof(TokenRefused), Message = "A token was refused: {Check}.")]
    private partial void TokenRefused(string check);
}
