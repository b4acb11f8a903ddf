using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.LocalHost;

namespace Serverless.Http.LocalHost;

public sealed class FunctionCatalogTests
{
    [Theory]
    [InlineData(typeof(ReservedRoute), "keeps for itself")]
    [InlineData(typeof(IntParameter), "neither a string of its route")]
    [InlineData(typeof(QueryParameter), "neither a string of its route")]
    [InlineData(typeof(NoResult), "must return Task<IResult>")]
    [InlineData(typeof(BadTemplate), "cannot be read")]
    [InlineData(typeof(NoTrigger), "does not know")]
    [InlineData(typeof(HostsKey), "is not Anonymous")]
    public void What_a_host_does_not_take_is_refused_at_the_start(Type function, string why)
    {
        var refusal = Assert.Throws<StartException>(() => FunctionCatalog.Scan([function]));

        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_functions_of_one_name_are_refused()
    {
        Assert.Throws<StartException>(() => FunctionCatalog.Scan([typeof(SampleRecent), typeof(SampleRecent)]));
    }

    [Fact]
    public void A_function_without_a_route_has_its_name_for_one()
    {
        var catalog = FunctionCatalog.Scan([typeof(Unrouted)]);

        Assert.Equal("Unrouted", Assert.Single(catalog.Http).Route.RawText);
    }

    public sealed class ReservedRoute
    {
        [Function("x")]
        public Task<IResult> Run([HttpTrigger(Route = "Admin/topics")] HttpRequest request) => throw new NotSupportedException();
    }

    public sealed class HostsKey
    {
        [Function("x")]
        public Task<IResult> Run([HttpTrigger(AuthorizationLevel.Function, Route = "a")] HttpRequest request) =>
            throw new NotSupportedException();
    }

    public sealed class IntParameter
    {
        [Function("x")]
        public Task<IResult> Run([HttpTrigger(Route = "a/{id}")] HttpRequest request, int id) => throw new NotSupportedException();
    }

    public sealed class QueryParameter
    {
        [Function("x")]
        public Task<IResult> Run([HttpTrigger(Route = "a/{id}")] HttpRequest request, string offset) =>
            throw new NotSupportedException();
    }

    public sealed class NoResult
    {
        [Function("x")]
        public Task Run([HttpTrigger(Route = "a")] HttpRequest request) => throw new NotSupportedException();
    }

    public sealed class BadTemplate
    {
        [Function("x")]
        public Task<IResult> Run([HttpTrigger(Route = "a/{id")] HttpRequest request) => throw new NotSupportedException();
    }

    public sealed class NoTrigger
    {
        [Function("x")]
        public Task<IResult> Run(HttpRequest request) => throw new NotSupportedException();
    }

    public sealed class Unrouted
    {
        [Function("Unrouted")]
        public Task<IResult> Run([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request) => throw new NotSupportedException();
    }
}
