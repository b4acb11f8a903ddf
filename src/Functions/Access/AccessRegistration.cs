using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Protocols;
using Serverless.Core.Access;

namespace Serverless.Functions.Access;

/// <summary>What access control is made of.</summary>
internal static class AccessRegistration
{
    private const int DocumentBytesMax = 1024 * 1024;

    public static IServiceCollection AddAccess(this IServiceCollection services, AccessSettings settings)
    {
        services.TryAddSingleton(settings);
        services.TryAddSingleton<Acls>();
        services.TryAddSingleton(provider => new AclCache(
            provider.GetRequiredService<Acls>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<AccessSettings>().AclAgeMax));
        if (settings.Issuer is { } issuer)
        {
            services.TryAddSingleton<IDocumentRetriever>(_ => new HttpDocumentRetriever(Client()) { RequireHttps = issuer.RequiresHttps });
            services.TryAddSingleton(provider => new IssuerKeys(
                issuer, provider.GetRequiredService<IDocumentRetriever>(), provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<IssuerKeys>>()));
            services.TryAddSingleton(provider => new TokenValidator(
                issuer, provider.GetRequiredService<IssuerKeys>(), provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<TokenValidator>>()));
        }

        services.TryAddSingleton<IAuthenticator>(provider => new Authenticator(
            provider.GetRequiredService<AccessSettings>(), provider.GetService<TokenValidator>()));
        services.TryAddSingleton<AclAdmin>();
        services.TryAddSingleton<AuditLog>();
        services.TryAddSingleton(provider => new AccessControl(
            provider.GetRequiredService<AccessSettings>(), provider.GetRequiredService<IAuthenticator>(),
            provider.GetRequiredService<AclCache>()));
        return services;
    }

    // Where an issuer's documents are it says itself; nobody sends us elsewhere.
    private static HttpClient Client() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        MaxResponseContentBufferSize = DocumentBytesMax,
    };
}
