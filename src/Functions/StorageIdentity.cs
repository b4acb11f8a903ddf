using Azure.Core;
using Azure.Identity;
using Microsoft.Extensions.Configuration;

namespace Serverless.Functions;

/// <summary>As whom the app reads and writes its storage.</summary>
/// <param name="Managed">The app's managed identity, and nothing else is tried; false: whatever identity there is, as for a developer.</param>
/// <param name="ClientId">Of a user-assigned identity; null: the system-assigned one.</param>
/// <remarks>
/// Settings <c>…__credential</c> (<c>managedidentity</c>, or none) and <c>…__clientId</c>, as Functions names them for its own connections.
/// Named, a managed identity is asked at once, where the chain that developers need looks for others first, at each cold start.
/// </remarks>
public sealed record StorageIdentity(bool Managed, string? ClientId)
{
    private const string ManagedIdentity = "managedidentity";

    /// <exception cref="SettingException">The credential is of a kind that is not known.</exception>
    internal static StorageIdentity From(IConfiguration configuration, string name)
    {
        var managed = configuration[$"{name}:credential"] switch
        {
            null or "" => false,
            var kind when kind.Equals(ManagedIdentity, StringComparison.OrdinalIgnoreCase) => true,
            _ => throw new SettingException($"{name}__credential must be {ManagedIdentity}, or not set."),
        };
        return new StorageIdentity(managed, configuration[$"{name}:clientId"] is { Length: > 0 } clientId ? clientId : null);
    }

    internal TokenCredential Credential() => Managed
        ? new ManagedIdentityCredential(
            ClientId is null ? ManagedIdentityId.SystemAssigned : ManagedIdentityId.FromUserAssignedClientId(ClientId))
        : new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = ClientId });
}
