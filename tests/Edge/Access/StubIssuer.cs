using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Tokens;
using Serverless.Functions.Access;

namespace Serverless.Edge.Access;

/// <summary>An issuer of tokens with keys of its own, whose documents a test can take away. It signs whatever it is told to.</summary>
internal sealed class StubIssuer(string authority = "https://issuer.test") : IDocumentRetriever
{
    public const string Audience = "api://log";

    // To make keys takes longer than all else; what is kept from a test is which of them the document lists.
    private static readonly ConcurrentDictionary<string, RSA> Keys = new();

    private readonly List<string> _keys = ["k1"];

    public TokenIssuer Settings { get; init; } = new(authority, null, [Audience]);

    /// <summary>What the documents call the issuer.</summary>
    public string Name { get; set; } = authority;

    public bool IsDown { get; set; }

    /// <summary>How often its metadata were asked for.</summary>
    public int Questions { get; private set; }

    /// <summary>JSON of further keys of the key document.</summary>
    public string MoreKeys { get; set; } = "";

    public void AddKey(string id) => _keys.Add(id);

    public void RemoveKey(string id) => _keys.Remove(id);

    public Task<string> GetDocumentAsync(string address, CancellationToken cancel)
    {
        Questions += address.EndsWith("openid-configuration", StringComparison.Ordinal) ? 1 : 0;
        return IsDown ? Task.FromException<string>(new IOException("No answer."))
            : address == Settings.MetadataAddress ? Task.FromResult($$"""{"issuer":"{{Name}}","jwks_uri":"https://issuer.test/keys"}""")
            : address == "https://issuer.test/keys" ? Task.FromResult($$"""{"keys":[{{string.Join(',', _keys.Select(Jwk))}}{{MoreKeys}}]}""")
            : Task.FromException<string>(new IOException($"Nothing at {address}."));
    }

    /// <summary>A token that is fine, but for what a test changes of it. A null takes a claim away.</summary>
    public string Token(DateTimeOffset now, params (string Name, object? Value)[] changes)
    {
        var claims = new Dictionary<string, object?>
        {
            ["iss"] = Name,
            ["aud"] = Audience,
            ["sub"] = "ann",
            ["nbf"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.AddHours(1).ToUnixTimeSeconds(),
        };
        foreach (var (name, value) in changes)
        {
            claims[name] = value;
        }

        return Sign("""{"alg":"RS256","typ":"JWT","kid":"k1"}""", Json(claims));
    }

    /// <summary>Signs with the key of this id, whatever the header says.</summary>
    public static string Sign(string header, string payload, string key = "k1")
    {
        var text = $"{Base64UrlEncoder.Encode(header)}.{Base64UrlEncoder.Encode(payload)}";
        var pss = header.Contains("PS256", StringComparison.Ordinal);
        var signature = Of(key).SignData(
            Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, pss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
        return $"{text}.{Base64UrlEncoder.Encode(signature)}";
    }

    /// <summary>The public key, as whoever confuses algorithms would use it for a secret.</summary>
    public static byte[] PublicKeyPem(string key = "k1") => Encoding.ASCII.GetBytes(Of(key).ExportSubjectPublicKeyInfoPem());

    public static string Json(Dictionary<string, object?> claims) =>
        JsonSerializer.Serialize(claims.Where(claim => claim.Value is not null).ToDictionary());

    private static RSA Of(string key) => Keys.GetOrAdd(key, _ => RSA.Create(2048));

    private static string Jwk(string key)
    {
        var parameters = Of(key).ExportParameters(false);
        return $$"""{"kty":"RSA","use":"sig","kid":"{{key}}","n":"{{Base64UrlEncoder.Encode(parameters.Modulus)}}","e":"{{Base64UrlEncoder.Encode(parameters.Exponent)}}"}""";
    }
}
