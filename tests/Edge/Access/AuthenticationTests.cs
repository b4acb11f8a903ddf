using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;
using Serverless.Functions.Access;
using Xunit;

namespace Serverless.Edge.Access;

/// <summary>Who gets in, and who does not: items 151 to 164 of the bad inputs, and the ways beside tokens.</summary>
public sealed class AuthenticationTests
{
    private const string Header = """{"alg":"RS256","typ":"JWT","kid":"k1"}""";

    private readonly AccessHost _host = new();

    [Fact]
    public async Task A_token_of_the_issuer_for_this_service_is_known_by_its_subject()
    {
        await _host.AllowAsync("User:ann", "TOPIC orders DESCRIBE");

        Assert.Equal(200, (await _host.GetAsync("/topics/orders", _host.Bearer())).Status);
        Assert.Equal(200, (await _host.GetAsync("/topics/orders", _host.Bearer().Replace("Bearer", "bearer", StringComparison.Ordinal))).Status);
        Assert.Equal(403, (await _host.GetAsync("/topics/orders", _host.Bearer(("sub", "bob")))).Status);
    }

    [Fact]
    public async Task The_object_id_counts_before_the_subject()
    {
        await _host.AllowAsync("User:0b1e", "TOPIC orders DESCRIBE");

        Assert.Equal(200, (await _host.GetAsync("/topics/orders", _host.Bearer(("oid", "0b1e")))).Status);
        Assert.Equal(403, (await _host.GetAsync("/topics/orders", _host.Bearer(("sub", "0b1e"), ("oid", "other")))).Status);
    }

    [Fact]
    public async Task Roles_of_the_token_count_too_and_so_does_everyone()
    {
        await _host.AllowAsync("Role:reader", "TOPIC orders DESCRIBE");
        await _host.AllowAsync("User:*", "TOPIC copies DESCRIBE");

        Assert.Equal(200, (await _host.GetAsync("/topics/orders", _host.Bearer(("roles", new[] { "x", "reader" })))).Status);
        Assert.Equal(200, (await _host.GetAsync("/topics/orders", _host.Bearer(("roles", "reader")))).Status);
        Assert.Equal(403, (await _host.GetAsync("/topics/orders", _host.Bearer(("roles", new object[] { 1, true })))).Status);
        Assert.Equal(403, (await _host.GetAsync("/topics/orders", _host.Bearer(("sub", "Role:reader")))).Status);
        Assert.Equal(200, (await _host.GetAsync("/topics/copies", _host.Bearer())).Status);
        Assert.Equal(200, (await _host.GetAsync("/topics/copies", AccessHost.AppKey)).Status);
        Assert.Equal(401, (await _host.GetAsync("/topics/copies", null)).Status);
    }

    [Fact]
    public async Task A_refusal_says_how_to_get_in_and_nothing_of_what_is_wrong()
    {
        var none = await _host.GetAsync("/topics/orders", null);
        var bad = await _host.GetAsync("/topics/nope", "Bearer x.y.z");

        Assert.Equal((401, 40101), none.Error);
        Assert.Equal("application/vnd.kafka.v2+json", none.ContentType);
        Assert.Equal("Bearer realm=\"serverless\", Basic realm=\"serverless\", charset=\"UTF-8\"", none.Headers.WWWAuthenticate);
        Assert.Equal((none.Body, none.Headers.WWWAuthenticate), (bad.Body, bad.Headers.WWWAuthenticate));
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer  ")]
    [InlineData("Bearer x")]
    [InlineData("Bearer ..")]
    [InlineData("Bearer a.b.c")]
    [InlineData("Bearer a.b.c.d.e")]
    [InlineData("Bearer eyJhbGciOiJSUzI1NiJ9..")]
    [InlineData("Digest username=\"x\"")]
    [InlineData("Basic ")]
    [InlineData("Basic %%%")]
    [InlineData("Basic YWRtaW4=")]
    [InlineData("Basic /////w==")]
    [InlineData(" ")]
    public async Task What_is_no_credential_is_refused(string authorization)
    {
        var answer = await _host.Edge.GetAsync("/brokers", ("Authorization", authorization));

        Assert.Equal((401, 40101), answer.Error);
    }

    [Theory]
    [InlineData("{\"alg\":\"none\",\"typ\":\"JWT\"}", false)]
    [InlineData("{\"alg\":\"none\",\"typ\":\"JWT\",\"kid\":\"k1\"}", false)]
    [InlineData("{\"alg\":\"None\",\"kid\":\"k1\"}", true)]
    [InlineData("{\"alg\":\"RS512\",\"kid\":\"k1\"}", true)]
    [InlineData("{\"alg\":\"RS256\"}", true)]
    [InlineData("{\"alg\":\"RS256\",\"kid\":\"\"}", true)]
    [InlineData("{\"alg\":\"RS256\",\"kid\":\"../../etc/passwd\"}", true)]
    [InlineData("{\"alg\":\"RS256\",\"kid\":\"https://attacker.test/keys\"}", true)]
    [InlineData("{\"alg\":\"RS256\",\"kid\":\"k2\",\"jku\":\"https://attacker.test/keys\"}", true)]
    [InlineData("{\"alg\":\"RS256\",\"kid\":\"k1\",\"crit\":[\"exp\"],\"exp\":1}", false)]
    [InlineData("{\"alg\":\"PS256\",\"kid\":\"k1\",\"typ\":\"JWT\"}", false)]
    public async Task A_header_that_is_not_the_issuers_own_way_of_signing_is_refused(string header, bool hasSignature)
    {
        var payload = Claims();
        var token = hasSignature
            ? StubIssuer.Sign(header, payload)
            : $"{Base64UrlEncoder.Encode(header)}.{Base64UrlEncoder.Encode(payload)}.";

        Assert.Equal(401, (await _host.GetAsync("/brokers", $"Bearer {token}")).Status);
    }

    [Fact]
    public async Task A_signature_by_the_public_key_as_a_secret_is_refused()
    {
        var text = $"{Base64UrlEncoder.Encode("""{"alg":"HS256","typ":"JWT","kid":"k1"}""")}.{Base64UrlEncoder.Encode(Claims())}";
        var signature = HMACSHA256.HashData(StubIssuer.PublicKeyPem(), Encoding.ASCII.GetBytes(text));

        Assert.Equal(401, (await _host.GetAsync("/brokers", $"Bearer {text}.{Base64UrlEncoder.Encode(signature)}")).Status);
    }

    [Fact]
    public async Task A_symmetric_key_in_the_issuers_document_signs_nothing()
    {
        var secret = new byte[32];
        _host.Issuer.MoreKeys = $$""", {"kty":"oct","kid":"s1","k":"{{Base64UrlEncoder.Encode(secret)}}"}""";
        var text = $"{Base64UrlEncoder.Encode("""{"alg":"HS256","typ":"JWT","kid":"s1"}""")}.{Base64UrlEncoder.Encode(Claims())}";
        var signature = HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(text));

        Assert.Equal(401, (await _host.GetAsync("/brokers", $"Bearer {text}.{Base64UrlEncoder.Encode(signature)}")).Status);
        Assert.Equal(200, (await _host.GetAsync("/brokers", _host.Bearer())).Status);
    }

    [Fact]
    public async Task PSS_signatures_are_taken_too()
    {
        var token = StubIssuer.Sign("""{"alg":"PS256","typ":"JWT","kid":"k1"}""", Claims());

        Assert.Equal(200, (await _host.GetAsync("/brokers", $"Bearer {token}")).Status);
    }

    [Fact]
    public async Task A_token_that_was_changed_is_refused()
    {
        var parts = _host.Issuer.Token(_host.Now).Split('.');
        var forged = Base64UrlEncoder.Encode(Base64UrlEncoder.Decode(parts[1]).Replace("ann", "eve", StringComparison.Ordinal));

        Assert.Equal(401, (await _host.GetAsync("/brokers", $"Bearer {parts[0]}.{forged}.{parts[2]}")).Status);
        Assert.Equal(401, (await _host.GetAsync("/brokers", $"Bearer {parts[0]}.{parts[1]}.{parts[2][..^2]}")).Status);
    }

    public static TheoryData<string, string?> WrongClaims => new()
    {
        { "aud", "\"api://other\"" }, { "aud", null }, { "aud", "[]" }, { "aud", "\"API://LOG\"" }, { "aud", "7" },
        { "iss", "\"https://attacker.test\"" }, { "iss", "\"https://issuer.test/\"" }, { "iss", null },
        { "exp", null }, { "exp", "0" }, { "exp", "-1" }, { "exp", "\"never\"" },
        { "sub", null }, { "sub", "\"\"" }, { "sub", "\" \"" }, { "sub", "[\"ann\"]" }, { "sub", "\"a\\nb\"" },
    };

    [Theory]
    [MemberData(nameof(WrongClaims))]
    public async Task A_token_for_others_or_of_others_or_of_nobody_is_refused(string claim, string? json)
    {
        object? value = json is null ? null : System.Text.Json.JsonDocument.Parse(json).RootElement;

        Assert.Equal(401, (await _host.GetAsync("/brokers", _host.Bearer((claim, value)))).Status);
    }

    [Theory]
    [InlineData(-3600, -61, 401)]
    [InlineData(-3600, -59, 200)]
    [InlineData(59, 3600, 200)]
    [InlineData(61, 3600, 401)]
    public async Task A_token_counts_in_its_time_and_a_minute_around_it(int from, int to, int status)
    {
        var now = _host.Now.ToUnixTimeSeconds();

        Assert.Equal(status, (await _host.GetAsync("/brokers", _host.Bearer(("nbf", now + from), ("exp", now + to)))).Status);
    }

    [Fact]
    public async Task A_token_that_was_good_is_refused_when_its_time_is_over()
    {
        var token = _host.Bearer();
        Assert.Equal(200, (await _host.GetAsync("/brokers", token)).Status);

        _host.Edge.Clock.Advance(TimeSpan.FromMinutes(62));

        Assert.Equal(401, (await _host.GetAsync("/brokers", token)).Status);
    }

    [Fact]
    public async Task A_token_beyond_the_size_limit_is_not_looked_at()
    {
        var token = _host.Bearer(("pad", new string('x', Credentials.CharsMax)));
        var large = _host.Bearer(("pad", new string('x', 10_000)));

        Assert.Equal(401, (await _host.GetAsync("/brokers", token)).Status);
        Assert.Equal(0, _host.Issuer.Questions);
        Assert.Equal(200, (await _host.GetAsync("/brokers", large)).Status);
    }

    [Fact]
    public async Task Two_credentials_are_none()
    {
        var (bearer, key) = (_host.Bearer(), AccessHost.AppKey);

        Assert.Equal(401, (await _host.Edge.GetAsync("/brokers", ("Authorization", bearer), ("Authorization", bearer))).Status);
        Assert.Equal(401, (await _host.Edge.GetAsync("/brokers", ("Authorization", bearer), ("x-functions-key", key))).Status);
        Assert.Equal(401, (await _host.Edge.GetAsync("/brokers", ("x-functions-key", key), ("x-functions-key", key))).Status);
    }

    [Fact]
    public async Task A_key_is_taken_from_its_header_or_with_its_name_as_a_password()
    {
        await _host.AllowAsync("Key:app", "TOPIC orders DESCRIBE");

        Assert.Equal(200, (await _host.GetAsync("/topics/orders", AccessHost.AppKey)).Status);
        Assert.Equal(200, (await _host.GetAsync("/topics/orders", Basic($"app:{AccessHost.AppKey}"))).Status);
        Assert.Equal(401, (await _host.GetAsync("/topics/orders", Basic($"admin:{AccessHost.AppKey}"))).Status);
        Assert.Equal(401, (await _host.GetAsync("/topics/orders", Basic($":{AccessHost.AppKey}"))).Status);
        Assert.Equal(401, (await _host.GetAsync("/topics/orders", AccessHost.AppKey[..^1])).Status);
        Assert.Equal(401, (await _host.GetAsync("/topics/orders", AccessHost.AppKey.ToUpperInvariant())).Status);
        Assert.Equal(401, (await _host.GetAsync($"/topics/orders?code={AccessHost.AppKey}", null)).Status);
        Assert.Equal(400, (await _host.GetAsync($"/topics/orders?code={AccessHost.AppKey}", AccessHost.AppKey)).Status);
    }

    [Fact]
    public async Task A_token_whose_subject_is_a_keys_name_is_not_that_key()
    {
        await _host.AllowAsync("Key:app", "TOPIC orders DESCRIBE");

        Assert.Equal(403, (await _host.GetAsync("/topics/orders", _host.Bearer(("sub", "app")))).Status);
        Assert.Equal(403, (await _host.GetAsync("/topics/orders", _host.Bearer(("sub", "Key:app")))).Status);
        Assert.Equal(403, (await _host.GetAsync("/topics/orders", _host.Bearer(("sub", "admin"), ("roles", "Key:admin")))).Status);
    }

    [Fact]
    public async Task Who_asks_is_found_out_before_anything_else_of_the_request_is_looked_at()
    {
        var answer = await _host.Edge.SendAsync("POST", "/topics/orders?what=1", [1], ("Content-Type", "text/plain"), ("Accept", "image/png"));

        Assert.Equal((401, 40101), answer.Error);
        Assert.Equal((404, 404), (await _host.GetAsync("/topics/orders/partitions/x", null)).Error);
    }

    private string Claims() => StubIssuer.Json(new()
    {
        ["iss"] = _host.Issuer.Name,
        ["aud"] = StubIssuer.Audience,
        ["sub"] = "ann",
        ["exp"] = _host.Now.AddHours(1).ToUnixTimeSeconds(),
    });

    private static string Basic(string text) => $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}";
}
