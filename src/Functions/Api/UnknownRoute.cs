using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Functions.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>What no other function takes: 404/404, or 405/405 with <c>Allow</c>, in the contract's error body.</summary>
/// <remarks>
/// The Functions host knows no precedence between routes: the first match in the alphabetical order of function names wins.
/// So this one's name must come after all others. Without it the host would answer by itself, with no body.
/// It is open to all: it tells only what the source tells anyway, and a client that nobody knows learns why it is refused.
/// </remarks>
public sealed class UnknownRoute(HttpEdge edge, RouteTable routes)
{
    private static readonly string[] RootMethods = ["GET", "HEAD"];

    [Function("zz_UnknownRoute")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, Route = "{*path}")] HttpRequest request, string? path)
    {
        path ??= "";
        return (path, request.Method) switch
        {
            // The host takes an empty route for a missing one, so the root can only be served from here.
            ("", "GET" or "HEAD") => edge.ServeAsync(request, Operation.V2Read, Need.Nothing, call => ValueTask.FromResult(call.Json(json =>
            {
                json.WriteStartObject();
                json.WriteEndObject();
            }))),
            // The platform warms instances up by this path, and would have had an empty 200 but for us.
            ("admin/warmup", _) => Task.FromResult<IResult>(new EmptyReply()),
            ("", _) => edge.RefuseRouteAsync(request, path, RootMethods),
            _ => edge.RefuseRouteAsync(request, path, routes.MethodsOf(path)),
        };
    }

    private sealed class EmptyReply : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => Task.CompletedTask;
    }
}
