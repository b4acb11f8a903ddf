using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace Serverless.Http.LocalHost;

public sealed class LocalHostRoutingTests
{
    private static readonly Type[] Samples =
        [typeof(SampleByName), typeof(SampleByNumber), typeof(SampleRecent), typeof(SampleFiles)];

    [Theory]
    [InlineData("samples/recent", "recent")]
    [InlineData("samples/12", "number 12")]
    [InlineData("samples/12x", "name 12x")]
    [InlineData("samples/12/more", "GET samples/12/more")]
    [InlineData("", "GET ")]
    public async Task The_most_precise_route_is_taken(string path, string said)
    {
        await using var host = await SampleHost.StartAsync(Samples);

        var answer = await host.Http.GetStringAsync(path);

        Assert.Equal(said, answer);
    }

    [Theory]
    [InlineData("SAMPLES/OrdErs/", "name OrdErs")]
    [InlineData("samples/a%20b", "name a b")]
    [InlineData("samples/a%2Fb", "name a%2Fb")]
    [InlineData("samples/%C3%A9", "name é")]
    public async Task Route_words_ignore_case_and_values_keep_theirs_decoded_once(string path, string said)
    {
        await using var host = await SampleHost.StartAsync(Samples);

        var answer = await host.Http.GetStringAsync(path);

        Assert.Equal(said, answer);
    }

    [Fact]
    public async Task A_method_that_a_function_does_not_name_is_not_its_own()
    {
        await using var host = await SampleHost.StartAsync(Samples);

        var head = await host.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "samples/x"));
        var put = await host.Http.PutAsync("samples/x", null);

        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal("PUT samples/x", await put.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("""{"extensions":{"http":{"routePrefix":"kafka/rest"}}}""", "kafka/rest/samples/recent")]
    [InlineData("""{"version":"2.0"}""", "api/samples/recent")]
    public async Task Routes_begin_with_the_prefix_of_host_json_and_with_api_when_there_is_none(string hostJson, string path)
    {
        await using var host = await SampleHost.StartAsync([typeof(SampleRecent)], hostJson: hostJson);

        var prefixed = await host.Http.GetAsync(path);
        var bare = await host.Http.GetAsync("samples/recent");

        Assert.Equal(HttpStatusCode.OK, prefixed.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, bare.StatusCode);
    }

    [Fact]
    public async Task A_body_on_GET_reaches_the_function()
    {
        await using var host = await SampleHost.StartAsync([typeof(SampleBody)]);
        var request = new HttpRequestMessage(HttpMethod.Get, "body") { Content = new StringContent("12345") };

        var answer = await host.Http.SendAsync(request);

        Assert.Equal("5 bytes", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_size_of_a_body_is_the_functions_matter()
    {
        await using var host = await SampleHost.StartAsync([typeof(SampleBody)]);
        // Kestrel's own limit is 30,000,000 bytes.
        using var content = new ByteArrayContent(new byte[31_000_000]);

        var answer = await host.Http.PostAsync("body", content);

        Assert.Equal("31000000 bytes", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task What_a_function_lets_escape_is_500_and_tells_nothing()
    {
        await using var host = await SampleHost.StartAsync([typeof(SampleFailure)]);

        var answer = await host.Http.GetAsync("failure");

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal("""{"error_code":500,"message":"Internal Server Error"}""", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Each_invocation_has_a_scope_of_its_own()
    {
        var log = new ScopeLog();
        await using var host = await SampleHost.StartAsync(
            [typeof(SampleScope)], services: services => services.AddScoped<Scoped>().AddSingleton(log));

        var answers = Encoding.UTF8.GetString(await host.Http.GetByteArrayAsync("scope")) + await host.Http.GetStringAsync("scope");

        Assert.Equal("FalseFalse", answers);
        Assert.NotSame(log.Seen[0], log.Seen[1]);
        Assert.True(log.Seen[0].Disposed);
    }

    [Fact]
    public async Task A_request_under_way_ends_before_the_host_stops()
    {
        var gate = new Gate();
        var host = await SampleHost.StartAsync([typeof(SampleSlow)], services: services => services.AddSingleton(gate));
        var answer = host.Http.GetStringAsync("slow");
        await gate.Entered.WaitAsync();

        var stopping = host.App.DisposeAsync().AsTask();
        gate.Open.Release();
        var said = await answer;
        await stopping;

        Assert.Equal("done", said);
        await Assert.ThrowsAsync<HttpRequestException>(() => host.Http.GetStringAsync("slow"));
    }
}
