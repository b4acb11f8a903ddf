using System.Text;
using Serverless.Edge.Fakes;
using Xunit;

namespace Serverless.Edge.Access;

/// <summary>The platform's own authentication is believed where the settings say that it is there, and nowhere else.</summary>
public sealed class PlatformTests
{
    private const string Id = "http://schemas.microsoft.com/identity/claims/objectidentifier";

    private static readonly string Ann = Principal("aad", (Id, "ann"), ("roles", "clerk"));

    [Fact]
    public async Task A_forged_principal_is_nothing()
    {
        var host = new AccessHost();
        await host.AllowAsync("User:ann", "TOPIC orders READ");

        Assert.Equal(401, (await GetAsync(host, "/topics/orders", Ann)).Status);
        Assert.Equal(403, (await GetAsync(host, "/topics/orders", Ann, ("Authorization", host.Bearer(("sub", "bob"))))).Status);
    }

    [Fact]
    public async Task Where_the_platform_authenticates_its_word_counts()
    {
        var host = new AccessHost(settings => settings with { PlatformAuthentication = true, Issuer = null });
        await host.AllowAsync("User:ann", "TOPIC orders READ");
        await host.AllowAsync("Role:clerk", "TOPIC copies READ");

        Assert.Equal(200, (await GetAsync(host, "/topics/orders", Ann)).Status);
        Assert.Equal(200, (await GetAsync(host, "/topics/copies", Ann)).Status);
        Assert.Equal(200, (await GetAsync(host, "/topics/orders", Ann, ("Authorization", "Bearer what-the-platform-has-checked"))).Status);
        Assert.Equal(403, (await GetAsync(host, "/topics/letters", Ann)).Status);
        Assert.Equal(401, (await host.GetAsync("/topics/orders", null)).Status);
    }

    [Fact]
    public async Task Where_we_look_at_tokens_ourselves_a_token_counts_before_the_platforms_word()
    {
        var host = new AccessHost(settings => settings with { PlatformAuthentication = true });
        await host.AllowAsync("User:ann", "TOPIC orders READ");

        Assert.Equal(200, (await GetAsync(host, "/topics/orders", Ann)).Status);
        Assert.Equal(401, (await GetAsync(host, "/topics/orders", Ann, ("Authorization", "Bearer x"))).Status);
        Assert.Equal(403, (await GetAsync(host, "/topics/orders", Ann, ("Authorization", host.Bearer(("sub", "bob"))))).Status);
    }

    public static TheoryData<string> Nobody =>
    [
        "", "%%%", Encode("x"), Encode("[]"), Encode("null"), Encode("{}"), Encode("""{"auth_typ":"aad"}"""), Encode("""{"auth_typ":"aad","claims":{}}"""),
        Encode("""{"auth_typ":"aad","claims":[1,null,{"typ":"oid"},{"typ":1,"val":2}]}"""), Principal("aad"), Principal("aad", (Id, "")),
        Principal("github", (Id, "ann")), Principal("aad", ("sub", "ann")),
    ];

    [Theory]
    [MemberData(nameof(Nobody))]
    public async Task What_the_platform_does_not_say_is_nobody(string header)
    {
        var host = new AccessHost(settings => settings with { PlatformAuthentication = true });

        Assert.Equal((401, 40101), (await GetAsync(host, "/brokers", header)).Error);
    }

    private static Task<Answer> GetAsync(AccessHost host, string url, string principal, params (string, string)[] headers) =>
        host.Edge.GetAsync(url, [("X-MS-CLIENT-PRINCIPAL", principal), .. headers]);

    private static string Principal(string provider, params (string Type, string Value)[] claims) => Encode(
        $$"""{"auth_typ":"{{provider}}","claims":[{{string.Join(',', claims.Select(claim => $$"""{"typ":"{{claim.Type}}","val":"{{claim.Value}}"}"""))}}],"name_typ":"n","role_typ":"r"}""");

    private static string Encode(string json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json));
}
