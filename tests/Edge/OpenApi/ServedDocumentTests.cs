using System.Text.Json;
using Serverless.Edge.Fakes;
using Xunit;

namespace Serverless.Edge.OpenApi;

public sealed class ServedDocumentTests
{
    private readonly EdgeHost _host = new();

    [Fact]
    public async Task The_document_is_plain_JSON_and_is_the_one_that_tests_look_into()
    {
        var answer = await _host.GetAsync("/openapi.json");

        Assert.Equal((200, "application/json"), (answer.Status, answer.ContentType));
        Assert.Equal(["openapi", "info", "servers"], answer.Json.EnumerateObject().Take(3).Select(member => member.Name));
        Assert.Equal("3.1.0", answer.Json.GetProperty("openapi").GetString());
        Assert.True(JsonElement.DeepEquals(ApiDocument.Root.GetProperty("paths"), answer.Json.GetProperty("paths")));
        Assert.Equal("private, max-age=300", answer.Headers.CacheControl);
    }

    [Theory]
    [InlineData("/openapi.json", "", "", "https://host")]
    [InlineData("/openapi.json", "X-Forwarded-Host", "logs.example.org", "https://logs.example.org")]
    [InlineData("/openapi.json", "Forwarded", "host=logs.example.org;proto=http", "http://logs.example.org")]
    [InlineData("/openapi.json", "X-Forwarded-Prefix", "/api", "https://host/api")]
    [InlineData("/openapi.json", "X-Forwarded-Path", "/api/openapi.json", "https://host/api")]
    public async Task Its_server_is_the_address_that_the_client_used(string url, string header, string value, string server)
    {
        var answer = await _host.GetAsync(url, header.Length > 0 ? [(header, value)] : []);

        var servers = answer.Json.GetProperty("servers").EnumerateArray().Select(one => one.GetProperty("url").GetString());
        Assert.Equal(server, Assert.Single(servers));
    }

    [Fact]
    public async Task A_copy_that_is_current_is_not_sent_again()
    {
        var first = await _host.GetAsync("/openapi.json");
        var tag = first.Headers.ETag.ToString();

        var same = await _host.GetAsync("/openapi.json", ("If-None-Match", tag));
        var weak = await _host.GetAsync("/openapi.json", ("If-None-Match", $"\"other\", W/{tag}"));
        var elsewhere = await _host.GetAsync("/openapi.json", ("If-None-Match", tag), ("X-Forwarded-Host", "logs.example.org"));

        Assert.Equal((304, "", tag), (same.Status, same.Body, same.Headers.ETag.ToString()));
        Assert.Null(same.Headers.ContentLength);
        Assert.Equal(304, weak.Status);
        Assert.Equal(200, elsewhere.Status);
        Assert.NotEqual(tag, elsewhere.Headers.ETag.ToString());
    }

    [Fact]
    public async Task HEAD_tells_its_length_and_sends_nothing()
    {
        var whole = await _host.GetAsync("/openapi.json");
        var head = await _host.SendAsync("HEAD", "/openapi.json", (byte[]?)null);

        Assert.Equal((200, ""), (head.Status, head.Body));
        Assert.Equal(whole.Headers.ContentLength, head.Headers.ContentLength);
    }

    [Fact]
    public async Task What_is_not_JSON_is_not_to_be_had()
    {
        Assert.Equal((406, 406), (await _host.GetAsync("/openapi.json", ("Accept", "text/html"))).Error);
        Assert.Equal((400, 400), (await _host.GetAsync("/openapi.json?format=yaml")).Error);
    }
}
