using System.Net;

namespace Serverless.Http.LocalHost;

public sealed class FunctionKeysTests
{
    private static readonly Type[] Samples = [typeof(SampleBody), typeof(SampleRecent)];
    private static readonly Dictionary<string, string?> TwoKeys = new() { ["FunctionKeys"] = "first, second" };

    [Fact]
    public async Task Without_configured_keys_all_functions_are_open()
    {
        await using var host = await SampleHost.StartAsync(Samples);

        var answer = await host.Http.GetAsync("body");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("body", null, HttpStatusCode.Unauthorized)]
    [InlineData("body", "", HttpStatusCode.Unauthorized)]
    [InlineData("body", "First", HttpStatusCode.Unauthorized)]
    [InlineData("body", "first, second", HttpStatusCode.Unauthorized)]
    [InlineData("body", "first", HttpStatusCode.OK)]
    [InlineData("body", "second", HttpStatusCode.OK)]
    [InlineData("body?code=second", null, HttpStatusCode.Unauthorized)]
    [InlineData("body?code=second", "third", HttpStatusCode.Unauthorized)]
    [InlineData("body?code=third", "second", HttpStatusCode.OK)]
    [InlineData("samples/recent", null, HttpStatusCode.OK)]
    public async Task With_keys_a_function_above_Anonymous_wants_one(string path, string? key, HttpStatusCode status)
    {
        await using var host = await SampleHost.StartAsync(Samples, TwoKeys);
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (key is not null)
        {
            request.Headers.Add("x-functions-key", key);
        }

        var answer = await host.Http.SendAsync(request);

        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task A_refusal_has_the_contracts_body()
    {
        await using var host = await SampleHost.StartAsync(Samples, TwoKeys);

        var answer = await host.Http.GetAsync("body");

        Assert.Equal("application/vnd.kafka.v2+json", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal(
            """{"error_code":40101,"message":"A function key is required."}""", await answer.Content.ReadAsStringAsync());
    }
}
