#pragma warning disable CA1822 // Functions are instance methods, as those of the product.

using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Core;
using Serverless.Functions.Api;
using Serverless.Functions.Http;
using Serverless.Http.LocalHost;

namespace Serverless.Http.Functions;

public sealed class UnknownRouteTests
{
    private const string V2 = "application/vnd.kafka.v2+json";
    private const string Json = "application/json";

    [Theory]
    [InlineData("GET", "nowhere", null, 404, V2)]
    [InlineData("GET", "nowhere/", "text/html, */*;q=0.1", 404, V2)]
    [InlineData("GET", "nowhere", "application/json", 404, Json)]
    [InlineData("GET", "nowhere", "application/vnd.kafka.v2+json;q=0, application/json", 404, Json)]
    [InlineData("GET", "nowhere", "%%%", 404, V2)]
    [InlineData("GET", "v3/nowhere", null, 404, Json)]
    [InlineData("GET", "V3", "application/vnd.kafka.v2+json", 404, Json)]
    [InlineData("GET", "things/a%2Fb/c", null, 404, V2)]
    [InlineData("GET", "admin/topics", null, 404, V2)]
    [InlineData("PUT", "things/x", null, 405, V2)]
    [InlineData("OPTIONS", "things/x", null, 405, V2)]
    [InlineData("PROPFIND", "things/x/", null, 405, V2)]
    [InlineData("POST", "", null, 405, V2)]
    public async Task What_no_function_takes_is_answered_in_the_contracts_words(
        string method, string path, string? accept, int status, string type)
    {
        await using var host = await StartAsync();
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        var answer = await host.Http.SendAsync(request);
        var body = await answer.Content.ReadAsStringAsync();

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(type, answer.Content.Headers.ContentType?.ToString());
        Assert.StartsWith($$"""{"error_code":{{status}},"message":""", body, StringComparison.Ordinal);
        Assert.Equal(status == 405 ? "GET, HEAD" : "", string.Join(", ", answer.Content.Headers.Allow));
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        Assert.Single(answer.Headers.GetValues("X-Correlation-Id"));
    }

    [Fact]
    public async Task The_root_is_an_empty_object()
    {
        await using var host = await StartAsync();

        var answer = await host.Http.GetAsync("");

        Assert.Equal("{}", await answer.Content.ReadAsStringAsync());
        Assert.Equal(V2, answer.Content.Headers.ContentType?.ToString());
    }

    [Fact]
    public async Task The_root_is_no_more_than_what_is_accepted()
    {
        await using var host = await StartAsync();
        var request = new HttpRequestMessage(HttpMethod.Get, "") { Headers = { { "Accept", "image/png" } } };

        var answer = await host.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotAcceptable, answer.StatusCode);
        Assert.Equal(Json, answer.Content.Headers.ContentType?.ToString());
    }

    [Fact]
    public async Task HEAD_of_an_unknown_route_has_the_length_of_a_body_and_none()
    {
        await using var host = await StartAsync();

        var answer = await host.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "nowhere"));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%2fb", "a/b")]
    [InlineData("a%b+c", "a%b+c")]
    [InlineData("%252F", "%252F")]
    public void A_route_value_is_decoded_once(string value, string decoded)
    {
        Assert.Equal(decoded, RouteValue.Decode(value));
    }

    private static Task<SampleHost> StartAsync() => SampleHost.StartAsync(
        [typeof(UnknownRoute), typeof(Things)],
        services: services => services
            .AddSingleton(RouteTable.Of([typeof(Things)]))
            .AddSingleton(new HttpLimits())
            .AddSingleton<IIdSource>(new RandomIdSource(new Random(1)))
            .AddSingleton(TimeProvider.System)
            .AddSingleton<HttpEdge>());

    public sealed class Things
    {
        [Function("things")]
        public Task<IResult> Run(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "things/{id}")] HttpRequest request, string id) =>
            Task.FromResult<IResult>(new Said(id));
    }
}
