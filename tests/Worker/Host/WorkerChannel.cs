using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;
using Serverless.Worker.Host.Rpc;

namespace Serverless.Worker.Host;

/// <summary>The host's end of the one stream on which host and worker talk.</summary>
/// <remarks>A worker answers under the id of the message that it was sent, and so each answer finds whoever waits for it.</remarks>
internal sealed class WorkerChannel : FunctionRpc.FunctionRpcBase
{
    private readonly Channel<StreamingMessage> _outbound = Channel.CreateUnbounded<StreamingMessage>();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<StreamingMessage>> _asked = new();
    private readonly TaskCompletionSource<string> _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<RpcLog> _logs = new();

    /// <summary>The id that the worker came with.</summary>
    public Task<string> WorkerId => _began.Task;

    /// <summary>What the worker logged, its own words and those of the functions.</summary>
    public IReadOnlyCollection<RpcLog> Logs => _logs;

    /// <summary>Sends a message that has an answer.</summary>
    public async Task<StreamingMessage> AskAsync(StreamingMessage message)
    {
        var answer = new TaskCompletionSource<StreamingMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        message.RequestId = Guid.NewGuid().ToString();
        _asked[message.RequestId] = answer;
        Tell(message);
        return await answer.Task;
    }

    /// <summary>Sends a message that has none.</summary>
    public void Tell(StreamingMessage message) => _outbound.Writer.TryWrite(message);

    public override async Task EventStream(
        IAsyncStreamReader<StreamingMessage> requestStream,
        IServerStreamWriter<StreamingMessage> responseStream,
        ServerCallContext context)
    {
        var sending = SendAsync(responseStream, context.CancellationToken);
        try
        {
            await foreach (var message in requestStream.ReadAllAsync(context.CancellationToken))
            {
                Hear(message);
            }
        }
        catch (Exception) when (context.CancellationToken.IsCancellationRequested)
        {
            // The worker has gone.
        }

        _outbound.Writer.TryComplete();
        foreach (var asked in _asked.Values)
        {
            asked.TrySetException(new InvalidOperationException("The worker has gone."));
        }

        await sending;
    }

    private void Hear(StreamingMessage message)
    {
        if (message.ContentCase == StreamingMessage.ContentOneofCase.StartStream)
        {
            _began.TrySetResult(message.StartStream.WorkerId);
        }
        else if (message.ContentCase == StreamingMessage.ContentOneofCase.RpcLog)
        {
            _logs.Enqueue(message.RpcLog);
        }
        else if (_asked.TryRemove(message.RequestId, out var answer))
        {
            answer.TrySetResult(message);
        }
    }

    private async Task SendAsync(IServerStreamWriter<StreamingMessage> stream, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var message in _outbound.Reader.ReadAllAsync(cancellationToken))
            {
                await stream.WriteAsync(message, cancellationToken);
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // Nobody is there to hear it.
        }
    }
}
