using System.Collections.Concurrent;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Serverless.Contract.Faults;

/// <summary>Breaks requests of the Azure clients as a plan says, and keeps a list of those that were sent.</summary>
/// <remarks>
/// Add it with <see cref="AddTo"/>: it then stands next to the transport, inside the SDK's retries and network timeout,
/// and so sees every attempt as the network would.
/// </remarks>
/// <param name="plan">Asked for each attempt with its request and its number, counted from 0; null lets it pass.</param>
public sealed class FaultPolicy(Func<Request, int, Fault?> plan) : HttpPipelinePolicy
{
    private readonly ConcurrentQueue<string> _sent = new();
    private int _attempts = -1;

    /// <summary>Every attempt, whatever became of it: method and path.</summary>
    public IReadOnlyCollection<string> Sent => _sent;

    public void AddTo(ClientOptions options) => options.AddPolicy(this, HttpPipelinePosition.BeforeTransport);

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("The stores only wait asynchronously.");

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        _sent.Enqueue($"{message.Request.Method} {message.Request.Uri.Path}");
        var fault = plan(message.Request, Interlocked.Increment(ref _attempts));
        if (fault is null or { HasEffect: true })
        {
            await ProcessNextAsync(message, pipeline);
        }

        switch (fault?.Kind)
        {
            case FaultKind.LostRequest:
                throw new IOException("The request was lost, by intent.");
            case FaultKind.LostResponse:
                Drop(message);
                throw new IOException("The response was lost, by intent.");
            case FaultKind.ErrorWithoutEffect or FaultKind.ErrorWithEffect:
                Drop(message);
                message.Response = new FaultResponse(message.Request.ClientRequestId, fault.Status, fault.ErrorCode);
                break;
            case FaultKind.Silence:
                Drop(message);
                await Task.Delay(Timeout.Infinite, message.CancellationToken);
                break;
            case FaultKind.ShortBody when message.Response.ContentStream is { } body:
                message.Response.ContentStream = new ShortStream(body, fault.BodyBytesMax);
                break;
        }
    }

    private static void Drop(HttpMessage message)
    {
        if (message.HasResponse)
        {
            message.Response.Dispose();
        }
    }
}
