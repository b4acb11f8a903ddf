using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.OpenApi;

namespace Serverless.Functions.Api;

/// <summary>The OpenAPI document of all of this.</summary>
/// <remarks>Open to all: it tells only what the source tells anyway, and tools that fetch it have no key yet.</remarks>
public sealed class GetOpenApi(HttpEdge edge, OpenApiDocument document)
{
    [Function("GetOpenApi")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "openapi.json")]
        HttpRequest request) =>
        edge.ServeAsync(request, Operation.V3Read, Need.Nothing, call =>
        {
            var (_, body, tag) = document.For(call.BaseUrl);
            var reply = new Reply { ContentType = MediaType.PlainJson, Body = body };
            if (request.Headers.IfNoneMatch.ToString() is var known && (known == "*" || known.Contains(tag, StringComparison.Ordinal)))
            {
                reply = new Reply { Status = StatusCodes.Status304NotModified };
            }

            // The address in it is of this request's host, which caches know by, and of the proxies' headers, which they do not.
            return ValueTask.FromResult(reply
                .With("ETag", tag)
                .With("Cache-Control", "private, max-age=300"));
        });
}
