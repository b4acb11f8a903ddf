using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http;
using Serverless.Worker.Host.Rpc;
using Yarp.ReverseProxy.Forwarder;

namespace Serverless.Worker.Host;

/// <summary>An invocation for a request, and the worker's word on it once there is one.</summary>
internal sealed record HttpInvocation(string Function, Task<InvocationResponse> Response);

/// <summary>Where clients send requests: each is an invocation on the stream, and goes to the worker's own HTTP endpoint.</summary>
internal sealed class HttpFront(
    HttpRoutes routes, Uri workerEndpoint, WorkerChannel channel, IHttpForwarder forwarder) : IDisposable
{
    /// <summary>By this header the worker knows which invocation a request belongs to.</summary>
    private const string InvocationIdHeader = "x-ms-invocation-id";

    private static readonly ForwarderRequestConfig Forwarding = new() { ActivityTimeout = TimeSpan.FromSeconds(240) };

    private readonly ConcurrentQueue<HttpInvocation> _invocations = new();
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, UseCookies = false, UseProxy = false, AutomaticDecompression = DecompressionMethods.None,
    });

    public IReadOnlyCollection<HttpInvocation> Invocations => _invocations;

    public async Task ServeAsync(HttpContext context)
    {
        if (routes.Find(context.Request) is not { } found)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var (function, values) = found;
        var invocation = new InvocationRequest
        {
            InvocationId = Guid.NewGuid().ToString(),
            FunctionId = function.Metadata.FunctionId,
            TraceContext = new RpcTraceContext { TraceParent = Activity.Current?.Id ?? "" },
            InputData = { new ParameterBinding { Name = function.TriggerName, Data = new TypedData { Http = new RpcHttp() } } },
        };
        foreach (var (name, data) in await BindingData.OfAsync(context.Request, values))
        {
            invocation.TriggerMetadata[name] = data;
        }

        // The request first, and the invocation without waiting for it: the worker brings them together.
        context.Request.Headers.TryAdd(InvocationIdHeader, invocation.InvocationId);
        var forwarded = forwarder.SendAsync(context, workerEndpoint.ToString(), _client, Forwarding).AsTask();
        var response = InvokeAsync(invocation);
        _invocations.Enqueue(new HttpInvocation(function.Name, response));
        await using (context.RequestAborted.Register(() => channel.Tell(
            new StreamingMessage { InvocationCancel = new InvocationCancel { InvocationId = invocation.InvocationId } })))
        {
            await response;
        }

        await forwarded;
    }

    public void Dispose() => _client.Dispose();

    private async Task<InvocationResponse> InvokeAsync(InvocationRequest invocation) =>
        (await channel.AskAsync(new StreamingMessage { InvocationRequest = invocation })).InvocationResponse;
}
