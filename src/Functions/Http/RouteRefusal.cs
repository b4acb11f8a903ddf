using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Serverless.Functions.Http;

/// <summary>The reply to a request that no function takes: the contract's error body, and <c>Allow</c> with a 405.</summary>
public sealed class RouteRefusal : IResult
{
    private const string V2 = "application/vnd.kafka.v2+json";
    private const string Json = "application/json";

    private readonly string _path;
    private readonly IReadOnlyList<string> _allowed;

    /// <param name="path">Without route prefix and leading slash.</param>
    /// <param name="allowed">The methods that the path has; none: there is no such path.</param>
    public RouteRefusal(string path, IReadOnlyList<string> allowed) => (_path, _allowed) = (path, allowed);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (response, known) = (httpContext.Response, _allowed.Count > 0);
        var status = known ? StatusCodes.Status405MethodNotAllowed : StatusCodes.Status404NotFound;
        if (known)
        {
            response.Headers.Allow = string.Join(", ", _allowed);
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["error_code"] = status,
            ["message"] = known ? "HTTP 405 Method Not Allowed" : "HTTP 404 Not Found",
        });
        response.StatusCode = status;
        response.ContentType = TypeFor(httpContext.Request);
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, httpContext.RequestAborted);
    }

    private string TypeFor(HttpRequest request)
    {
        if (_path.StartsWith("v3/", StringComparison.OrdinalIgnoreCase)
            || _path.Equals("v3", StringComparison.OrdinalIgnoreCase))
        {
            return Json;
        }

        // A list that cannot be read excludes nothing: the error matters more than its type.
        var read = MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted) && accepted.Count > 0;
        return !read || (accepted!.Any(Covers) && !accepted!.Any(range => Is(range, V2) && range.Quality == 0)) ? V2 : Json;
    }

    // By hand: MediaTypeHeaderValue takes every type that ends in +json for a kind of application/json.
    private static bool Covers(MediaTypeHeaderValue range) =>
        range.Quality is null or > 0
        && (Is(range, V2) || Is(range, "application/*") || Is(range, "*/*"));

    private static bool Is(MediaTypeHeaderValue range, string type) => range.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase);
}
