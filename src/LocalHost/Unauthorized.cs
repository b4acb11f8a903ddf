using Microsoft.AspNetCore.Http;

namespace Serverless.LocalHost;

/// <summary>401/40101: no key, or a wrong one. Says no more than that.</summary>
internal sealed class Unauthorized(HttpFunction function) : IResult
{
    private readonly string _type = function.Route.RawText!.StartsWith("v3/", StringComparison.OrdinalIgnoreCase)
        ? "application/json"
        : "application/vnd.kafka.v2+json";

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = StatusCodes.Status401Unauthorized;
        response.ContentType = _type;
        return response.WriteAsync("""{"error_code":40101,"message":"A function key is required."}""", httpContext.RequestAborted);
    }
}
