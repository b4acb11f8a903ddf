using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Serverless.Core.Telemetry;
using Serverless.Functions.Http;

namespace Serverless.Functions.Telemetry;

/// <summary>The span of one request, whichever host serves it.</summary>
/// <remarks>
/// Under the Functions host it lies within the span of the invocation. In the local host there is none that anybody exports, though
/// Kestrel has an activity: then this one is the server's span, and follows what the client sent. It ends with the answer's decision; that
/// the answer is sent, however slowly it is read, is in <c>http.server.request.duration</c>.
/// </remarks>
internal sealed class RequestTrace : IDisposable
{
    public const string SourceName = "Serverless.Functions";

    private const string CorrelationTag = "serverless.correlation_id";

    private static readonly ActivitySource Source = new(SourceName);

    private static readonly Lazy<RouteTable> Routes = new(() => RouteTable.Of(typeof(RequestTrace).Assembly.GetTypes()));

    private readonly Activity _span;

    private RequestTrace(Activity span) => _span = span;

    public string TraceId => _span.TraceId.ToHexString();

    /// <summary>Null where nobody traces the request.</summary>
    public static RequestTrace? Begin(HttpRequest request, string correlationId)
    {
        if (!Source.HasListeners() || Start(request) is not { } span)
        {
            return null;
        }

        if (span.IsAllDataRequested)
        {
            var route = RouteOf(request);
            span.DisplayName = route is null ? request.Method : $"{request.Method} {route}";
            span.SetTag("http.request.method", request.Method)
                .SetTag("http.route", route)
                .SetTag("url.scheme", request.Scheme)
                .SetTag(CorrelationTag, correlationId);
        }

        return new RequestTrace(span);
    }

    /// <summary>What is answered. As the conventions have it, only a failure of the server is an error of its span.</summary>
    public void End(int status)
    {
        _span.SetTag(TelemetryAttributes.StatusCode, status);
        if (status >= 500)
        {
            _span.SetTag(TelemetryAttributes.ErrorType, status.ToString(CultureInfo.InvariantCulture)).SetStatus(ActivityStatusCode.Error);
        }
    }

    public void Dispose() => _span.Dispose();

    private static Activity? Start(HttpRequest request)
    {
        var outer = Activity.Current;
        if (outer is { Source.Name.Length: > 0 })
        {
            var inner = Source.StartActivity(request.Method, ActivityKind.Internal);
            if (inner?.TraceStateString is { } state && !TraceHeaders.IsState(state))
            {
                // Null would have it look in the outer one.
                inner.TraceStateString = "";
            }

            return inner;
        }

        // One without a source is in no trace that anybody sees, and would leave a gap in it.
        Activity.Current = null;
        var span = Source.StartActivity(request.Method, ActivityKind.Server, ParentOf(request));
        if (span is null)
        {
            Activity.Current = outer;
        }

        return span;
    }

    // Whatever a client sends, the request is served.
    private static ActivityContext ParentOf(HttpRequest request) =>
        request.Headers.TraceParent is [{ Length: < 256 } parent]
        && TraceHeaders.TryParse(Encoding.UTF8.GetBytes(parent), Encoding.UTF8.GetBytes(request.Headers.TraceState.ToString()), out var context)
            ? context
            : default;

    private static string? RouteOf(HttpRequest request) =>
        request.HttpContext.GetEndpoint() is RouteEndpoint { RoutePattern: { RawText: { } text } pattern }
        && !pattern.Parameters.Any(parameter => parameter.IsCatchAll)
            ? "/" + text.TrimStart('/')
            : Routes.Value.TemplateOf(request.Method, request.Path.Value ?? "");
}
