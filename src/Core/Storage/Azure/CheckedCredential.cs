using Azure.Core;

namespace Serverless.Core.Storage.Azure;

/// <summary>Tells the failure to get a token from the failure of a request: nothing has been sent yet.</summary>
/// <remarks>Without it a mutation could report an unknown outcome, or an exception of a library that Core does not know.</remarks>
internal sealed class CheckedCredential(TokenCredential credential) : TokenCredential
{
    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        try
        {
            return credential.GetToken(requestContext, cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw NoToken(failure);
        }
    }

    public override async ValueTask<AccessToken> GetTokenAsync(
        TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        try
        {
            return await credential.GetTokenAsync(requestContext, cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw NoToken(failure);
        }
    }

    // Retriable: what fails here is mostly the identity endpoint of an instance that has just been started.
    private static StorageException NoToken(Exception failure) => new("No token for storage.", retriable: true, failure);
}
