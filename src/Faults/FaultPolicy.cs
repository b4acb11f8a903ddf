using Azure.Core;
using Azure.Core.Pipeline;

namespace Serverless.Faults;

/// <summary>Breaks requests of the Azure clients as a plan says.</summary>
/// <remarks>
/// Add it with <see cref="AddTo"/>: it then stands next to the transport, inside the SDK's retries and network timeout,
/// and so sees every attempt as the network would.
/// </remarks>
/// <param name="plan">Asked for each attempt with its request and its number, counted from 0; null lets it pass.</param>
public sealed class FaultPolicy(Func<Request, int, Fault?> plan) : HttpPipelinePolicy
{
    private int _attempts = -1;

    public void AddTo(ClientOptions options) => options.AddPolicy(this, HttpPipelinePosition.BeforeTransport);

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("The stores only wait asynchronously.");

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var fault = plan(message.Request, Interlocked.Increment(ref _attempts));
        if (fault is { Kind: FaultKind.Delay })
        {
            await Task.Delay(fault.Delay, message.CancellationToken);
        }

        if (fault is null or { HasEffect: true })
        {
            await ProcessNextAsync(message, pipeline);
        }

        switch (fault?.Kind)
        {
            case FaultKind.LostRequest:
                throw new IOException("The request was lost, by intent.");
            case FaultKind.LostResponse:
                await DropAsync(message);
                throw new IOException("The response was lost, by intent.");
            case FaultKind.ErrorWithEffect:
                await DropAsync(message);
                message.Response = Error(message, fault);
                break;
            case FaultKind.ErrorWithoutEffect:
                message.Response = Error(message, fault);
                break;
            case FaultKind.Silence:
                await DropAsync(message);
                await Task.Delay(Timeout.Infinite, message.CancellationToken);
                break;
            case FaultKind.ShortBody when message.Response.ContentStream is { } body:
                message.Response.ContentStream = new ShortStream(await WholeAsync(body, message.CancellationToken), fault.BodyBytesMax);
                break;
            case FaultKind.Twice:
                await RepeatAsync(message, pipeline);
                break;
        }
    }

    private static FaultResponse Error(HttpMessage message, Fault fault) =>
        new(message.Request.ClientRequestId, fault.Status, fault.ErrorCode);

    // Whatever the repetition is answered, the client has its answer already.
    private static async ValueTask RepeatAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var answer = message.Response;
        try
        {
            await ProcessNextAsync(message, pipeline);
            if (!ReferenceEquals(message.Response, answer))
            {
                await DropAsync(message);
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or Azure.RequestFailedException)
        {
            // Nobody waits for it.
        }

        message.Response = answer;
    }

    private static async ValueTask DropAsync(HttpMessage message)
    {
        if (message.HasResponse)
        {
            if (message.Response.ContentStream is { } body)
            {
                await WholeAsync(body, message.CancellationToken);
            }

            message.Response.Dispose();
        }
    }

    // To its end, whatever becomes of it: the emulator keeps a file open for each block of a download that is broken off.
    private static async ValueTask<MemoryStream> WholeAsync(Stream body, CancellationToken cancellationToken)
    {
        var whole = new MemoryStream();
        await using (body)
        {
            await body.CopyToAsync(whole, cancellationToken);
        }

        whole.Position = 0;
        return whole;
    }
}
