using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace Serverless.Functions;

/// <summary>Gives functions what the proxies in front of the service said of the client's request; only the worker needs it.</summary>
/// <remarks>
/// On the way to the worker the Functions host drops <c>Forwarded</c> and writes its own <c>X-Forwarded-*</c> over those that came
/// (host #10253), and our links would name the host behind the proxy. What came stands in the invocation's binding data still.
/// </remarks>
internal sealed class ProxyHeaders : IFunctionsWorkerMiddleware
{
    private const string SentHeaders = "Headers";

    private static readonly string[] Names = ["Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix"];

    public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is { } http
            && context.BindingContext.BindingData.TryGetValue(SentHeaders, out var sent) && sent is string json)
        {
            Restore(http.Request.Headers, json);
        }

        return next(context);
    }

    private static void Restore(IHeaderDictionary headers, string json)
    {
        try
        {
            using var sent = JsonDocument.Parse(json);
            foreach (var header in sent.RootElement.EnumerateObject())
            {
                if (Names.Contains(header.Name, StringComparer.OrdinalIgnoreCase))
                {
                    headers[header.Name] = header.Value.GetString();
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A query or a field of the body called `headers` takes their place. It says no more than a client may say anyway.
        }
    }
}
