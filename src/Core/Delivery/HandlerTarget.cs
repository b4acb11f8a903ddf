using Serverless.Core.Effects;
using Serverless.Core.Storage;

namespace Serverless.Core.Delivery;

/// <summary>Gives batches to a handler, and waits for it for so long.</summary>
/// <remarks>
/// A handler that takes longer has failed, and the batch comes again; the rows that it has set, or sets yet, are of no effect, as those of any
/// attempt that failed. It may go on beside the next attempt: its token is cancelled, and no more can be done to code that is not ours.
/// </remarks>
internal sealed class HandlerTarget(
    IRecordHandler handler, IRowStore rows, EffectScope effects, TimeProvider clock, TimeSpan timeMax) : IDeliveryTarget
{
    public async ValueTask<SendOutcome> SendAsync(DeliveryBatch batch, CancellationToken cancellationToken)
    {
        var context = new HandlerContext(rows, effects, batch.Group, batch.At, batch.Key, batch.Attempt);
        var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var handling = HandleAsync(batch, context, ends);

        // Cancelled only when it is no longer waited for: see WorkerSlice.
        using var timer = new CancellationTokenSource();
        await Task.WhenAny(handling, Task.Delay(timeMax, clock, timer.Token));
        timer.Cancel();
        if (handling.IsCompleted)
        {
            return await handling;
        }

        Cancel(ends);
        _ = ObserveAsync(handling);
        return new SendOutcome.Failed($"The handler took more than {(long)timeMax.TotalMilliseconds} ms.");
    }

    private async Task<SendOutcome> HandleAsync(DeliveryBatch batch, HandlerContext context, CancellationTokenSource ends)
    {
        using (ends)
        {
            try
            {
                await handler.HandleAsync(DeliveredRecord.Of(batch.Slice), context, ends.Token);
                return new SendOutcome.Done { Effects = context.Actions };
            }
            catch (EffectHeldException held)
            {
                return new SendOutcome.Failed(held.Message, held.RetryAfter);
            }
        }
    }

    // How it ends makes no difference any more.
    private static async Task ObserveAsync(Task handling)
    {
        try
        {
            await handling;
        }
        catch (Exception)
        {
            // The edge to code that is not ours.
        }
    }

    private static void Cancel(CancellationTokenSource ends)
    {
        try
        {
            ends.Cancel();
        }
        catch (AggregateException)
        {
            // What the handler does when it is told to end is its own matter.
        }
        catch (ObjectDisposedException)
        {
            // It has ended just now.
        }
    }
}
