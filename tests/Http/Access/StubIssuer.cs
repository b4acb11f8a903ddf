using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Serverless.Http.Access;

/// <summary>An issuer of tokens on this machine, over plain http, as a developer may run one.</summary>
internal sealed class StubIssuer : IAsyncDisposable
{
    public const string Audience = "api://log";

    private readonly RsaSecurityKey _key = new(RSA.Create(2048)) { KeyId = "k1" };
    private readonly WebApplication _app;

    private StubIssuer(WebApplication app) => _app = app;

    public string Authority => _app.Urls.First();

    public static async Task<StubIssuer> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var issuer = new StubIssuer(app);
        app.Run(context => context.Response.WriteAsync(context.Request.Path == "/keys" ? issuer.Keys() : issuer.Metadata()));
        await app.StartAsync();
        return issuer;
    }

    public string Token(string subject, params string[] roles) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Issuer = Authority,
        Audience = Audience,
        Claims = new Dictionary<string, object> { ["sub"] = subject, ["roles"] = roles },
        SigningCredentials = new SigningCredentials(_key, SecurityAlgorithms.RsaSha256),
    });

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Rsa.Dispose();
    }

    private string Metadata() => $$"""{"issuer":"{{Authority}}","jwks_uri":"{{Authority}}/keys"}""";

    private string Keys()
    {
        var parameters = _key.Rsa.ExportParameters(false);
        return $$"""{"keys":[{"kty":"RSA","kid":"k1","n":"{{Base64UrlEncoder.Encode(parameters.Modulus)}}","e":"{{Base64UrlEncoder.Encode(parameters.Exponent)}}"}]}""";
    }
}
