using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Functions.Http;

namespace Serverless.Http.Functions;

public sealed class RouteTableTests
{
    private static readonly RouteTable Table = RouteTable.Of([typeof(Things), typeof(MoreThings), typeof(Rest)]);

    [Theory]
    [InlineData("things/x", "DELETE, GET, HEAD")]
    [InlineData("Things/x/", "DELETE, GET, HEAD")]
    [InlineData("things", "")]
    [InlineData("things/x/y", "")]
    [InlineData("other", "")]
    [InlineData("", "")]
    public void A_paths_methods_are_those_of_every_function_that_has_it_but_the_catch_all(string path, string methods)
    {
        var found = Table.MethodsOf(path);

        Assert.Equal(methods, string.Join(", ", found));
    }

    [Fact]
    public void A_route_with_a_constraint_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => RouteTable.Of([typeof(Constrained)]));
    }

    public sealed class Things
    {
        [Function("things")]
        public Task<IResult> Run([HttpTrigger("get", "head", Route = "things/{id}")] HttpRequest request, string id) =>
            throw new NotSupportedException();
    }

    public sealed class MoreThings
    {
        [Function("deleteThings")]
        public Task<IResult> Run([HttpTrigger("delete", Route = "things/{name}")] HttpRequest request, string name) =>
            throw new NotSupportedException();
    }

    public sealed class Rest
    {
        [Function("rest")]
        public Task<IResult> Run([HttpTrigger(Route = "{*path}")] HttpRequest request, string? path) =>
            throw new NotSupportedException();
    }

    public sealed class Constrained
    {
        [Function("constrained")]
        public Task<IResult> Run([HttpTrigger("get", Route = "things/{id:int}")] HttpRequest request, string id) =>
            throw new NotSupportedException();
    }
}
