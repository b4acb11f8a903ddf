using Microsoft.AspNetCore.Http;
using Serverless.Core.Access;

namespace Serverless.Functions.Access;

/// <summary>Finds out who asks.</summary>
internal interface IAuthenticator
{
    /// <summary>What a refused caller may bring instead: the value of <c>WWW-Authenticate</c>.</summary>
    string Challenge { get; }

    /// <summary>Who it is, by what the request brings; null where it brings nothing, or what proves nothing.</summary>
    /// <exception cref="Http.RequestException">It cannot be found out now.</exception>
    ValueTask<Principal?> AuthenticateAsync(HttpRequest request, CancellationToken cancellationToken);
}
