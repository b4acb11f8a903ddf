using Microsoft.AspNetCore.Http;
using Serverless.Core.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Access;

/// <summary>Finds out who asks and whether they may: every request of the HTTP edge passes here.</summary>
/// <remarks>
/// Upholds <b>asked at every entry</b>: no operation begins before its declared need is met, and 401 and 403 are the same whatever is
/// wrong or missing, and whether what was named exists.
/// </remarks>
public sealed class AccessControl
{
    private readonly AccessSettings _settings;
    private readonly IAuthenticator _authenticator;
    private readonly AclCache _acls;
    private readonly HashSet<string> _superUsers;

    internal AccessControl(AccessSettings settings, IAuthenticator authenticator, AclCache acls)
    {
        (_settings, _authenticator, _acls) = (settings, authenticator, acls);
        _superUsers = [.. settings.SuperUsers];
    }

    /// <summary>Who asks, and what they may: the need is to be demanded of them.</summary>
    /// <exception cref="RequestException">401: nobody knows who it is. Or it cannot be found out now.</exception>
    internal async ValueTask<Caller> IdentifyAsync(HttpRequest request, Need need, CancellationToken cancellationToken)
    {
        if (_settings.Mode == AccessMode.Open)
        {
            return Caller.Anyone;
        }

        if (need == Need.Nothing)
        {
            return Caller.Nobody;
        }

        var principal = await _authenticator.AuthenticateAsync(request, cancellationToken)
            ?? throw new RequestException(Problem.Unauthenticated) { Headers = [("WWW-Authenticate", _authenticator.Challenge)] };

        // Who may do everything does not depend on whether ACLs can be read.
        return principal.Roles.Append(principal.Name).Any(_superUsers.Contains)
            ? Caller.Super(principal)
            : Caller.Of(principal, await _acls.RulesAsync(cancellationToken));
    }
}
