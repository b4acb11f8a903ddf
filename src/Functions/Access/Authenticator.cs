using Microsoft.AspNetCore.Http;
using Serverless.Core.Access;

namespace Serverless.Functions.Access;

/// <summary>All ways in that the settings open; there are no others.</summary>
/// <param name="tokens">Null where no issuer is set.</param>
internal sealed class Authenticator(AccessSettings settings, TokenValidator? tokens) : IAuthenticator
{
    private const string Bearer = "Bearer realm=\"serverless\"";
    private const string Basic = "Basic realm=\"serverless\", charset=\"UTF-8\"";

    private readonly ApiKeys _keys = new(settings.Keys);

    public string Challenge { get; } = string.Join(", ", new[]
    {
        settings.Issuer is not null || settings.PlatformAuthentication ? Bearer : null,
        settings.Keys.Count > 0 ? Basic : null,
    }.OfType<string>());

    public async ValueTask<Principal?> AuthenticateAsync(HttpRequest request, CancellationToken cancellationToken) =>
        Credentials.Of(request) switch
        {
            Credentials.Key key => _keys.Find(key),
            Credentials.Token token when tokens is not null => await tokens.FindAsync(token.Text, cancellationToken),
            // The platform has looked at the token already, or at a cookie.
            Credentials.Token or Credentials.None when settings.PlatformAuthentication => PlatformPrincipal.Of(request),
            _ => null,
        };
}
