using System.Text;
using Serverless.Edge.Fakes;
using Xunit;

namespace Serverless.Edge.Access;

/// <summary>Whatever a client sends to be let in, or to change ACLs, is its own mistake: nothing of it fails the service.</summary>
public sealed class HostileInputTests
{
    private const string Acls = "/v3/clusters/serverless/acls";

    private static readonly string[] Bits =
    [
        "\"", "{", "}", "[", "]", ":", ",", "null", "1e400", "\\ud800", "\\u0000", "\u202e", "*", ";", "%2F", "User:", "Key:", "Role:", "ANY", "MATCH",
        "PREFIXED", "\u0131", "\ufeff", "é", "\ud83d\ude00", "-1", "true", "9999999999999999999", "'", " or PartitionKey ne '", "=", "&", "|", "\t", ".",
    ];

    private readonly AccessHost _host = new();

    [Fact]
    public async Task No_body_and_no_filter_of_ACLs_fails_the_service()
    {
        _host.Edge.HoldsToDocument = false;
        var random = new Random(20);
        const string Body = """
            {"resource_type":"TOPIC","resource_name":"orders","pattern_type":"LITERAL","principal":"User:x","host":"*","operation":"READ","permission":"ALLOW"}
            """;
        const string Query = "resource_type=TOPIC&resource_name=orders&pattern_type=MATCH&principal=User:x&host=*&operation=READ&permission=ALLOW";
        for (var i = 0; i < 1_500; i++)
        {
            var body = Encoding.UTF8.GetBytes(Mutated(random, Body));
            var batch = Encoding.UTF8.GetBytes($$"""{"data":[{{Mutated(random, Body)}},{{Body}}]}""");
            var query = string.Join('&', Mutated(random, Query).Split('&').Select(Escaped));
            (string, string)[] headers = [("x-functions-key", AccessHost.AdminKey), ("Content-Type", "application/json")];
            Answer[] answers =
            [
                await _host.Edge.SendAsync("POST", Acls, body, headers), await _host.Edge.SendAsync("POST", $"{Acls}:batch", batch, headers),
                await _host.Edge.SendAsync("GET", $"{Acls}?{query}", null, headers), await _host.Edge.SendAsync("DELETE", $"{Acls}?{query}", null, headers),
            ];
            Assert.All(
                answers, answer => Assert.True(answer.Status is 200 or 201 or 400 or 422, $"{answer.Status} {query}\n{Encoding.UTF8.GetString(body)}"));
            _host.Edge.Clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task No_token_fails_the_service_and_none_that_was_changed_lets_anybody_in()
    {
        var random = new Random(21);
        var good = _host.Issuer.Token(_host.Now);
        string[] headers =
        [
            """{"alg":1,"kid":"k"}""", """{"alg":null,"kid":null}""", """{"alg":["RS256"],"kid":"k"}""", """{"alg":"RS256","kid":{}}""",
            """{"alg":"RS256","kid":["k"]}""", """{"alg":"RS256","kid":"../../etc/passwd"}""", """{"alg":"RS256","kid":"https://evil.example/"}""",
            """{"alg":"RS256","kid":"k","jku":"https://evil.example/"}""", """{"alg":"RS256","kid":"k","crit":["b64"],"b64":false}""",
            """{"alg":"dir","enc":"A256GCM","kid":"k"}""", "[]", "1", "null", "\"x\"", "{", "{}", """{"alg":"RS256","alg":"none","kid":"k"}""",
            """{"alg":"RS256","kid":"\ud800"}""", new string('[', 3_000), """{"alg":"RS256","kid":1e400}""",
        ];
        var rest = good[good.IndexOf('.', StringComparison.Ordinal)..];
        var texts = headers.Select(Encoded).SelectMany(header => new[] { $"{header}{rest}", $"{header}.e30.", $"{header}.e30.e30.e30.e30" })
            .Concat([".", "..", "...", "....", ".....", "a.b.c", $"{good}.", $".{good}", good.Replace('.', ' '), $"{good}, Bearer {good}", $"{good}é"])
            .ToList();
        for (var i = 0; i < 300; i++)
        {
            var at = random.Next(good.Length);
            texts.Add(good[..at] + Bits[random.Next(Bits.Length)] + good[at..]);
        }

        foreach (var text in texts)
        {
            Assert.Equal(401, (await _host.GetAsync("/topics", $"Bearer {text}")).Status);
            _host.Edge.Clock.Advance(TimeSpan.FromMilliseconds(10));
        }

        // The base64 of nothing, of no text, of no colon, of no name, of no secret.
        foreach (var text in (string[])["=", "====", "/w==", "YQ==", "Og==", "OmE=", "YTo=", "YWRtaW46", "YWRtaW46AA==", "ÿ"])
        {
            Assert.Equal(401, (await _host.GetAsync("/topics", $"Basic {text}")).Status);
        }
    }

    [Theory]
    [InlineData("X-Forwarded-Host", "[")]
    [InlineData("X-Forwarded-Host", "a:b:c")]
    [InlineData("X-Forwarded-Host", "host:99999")]
    [InlineData("X-Forwarded-Host", ":80")]
    [InlineData("Forwarded", "host=\"[::1\"")]
    public async Task A_host_that_is_none_does_not_fail_a_request_that_looks_into_it(string header, string value)
    {
        var answer = await _host.Edge.SendAsync(
            "PUT", "/v3/clusters/serverless/consumer-groups/g/delivery",
            """{"topics":["orders"],"target":{"type":"topic","name":"copies"}}"""u8.ToArray(),
            ("x-functions-key", AccessHost.AdminKey), ("Content-Type", "application/json"), (header, value));

        Assert.Equal(201, answer.Status);
        Assert.StartsWith("https://host/v3/", answer.Json.GetProperty("metadata").GetProperty("self").GetString(), StringComparison.Ordinal);
    }

    private static string Encoded(string text) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static string Mutated(Random random, string text)
    {
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var (at, length) = (random.Next(text.Length), random.Next(8));
            var end = Math.Min(text.Length, at + length);
            text = random.Next(3) switch
            {
                0 => text[..at] + text[end..],
                1 => text[..at] + Bits[random.Next(Bits.Length)] + text[end..],
                _ => text[..end] + text[at..],
            };
        }

        return text;
    }

    // Half of a pair cannot be sent.
    private static string Escaped(string part) =>
        Uri.EscapeDataString(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(part))).Replace("%3D", "=", StringComparison.Ordinal);
}
