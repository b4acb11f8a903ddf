using Serverless.Core.Groups;
using Serverless.Core.Storage;

namespace Serverless.Core.Delivery;

/// <summary>Takes the steps of one worker's partitions to the group's rows: those that come while one transaction is under way share the next.</summary>
/// <remarks>Steps with effects have a transaction of their own, so that no other partition's step meets their conflicts.</remarks>
internal sealed class StepBatcher(IGroupShares shares, string group, string instance)
{
    private const int StepsMax = 96;

    private readonly Lock _gate = new();
    private readonly List<Waiting> _waiting = [];
    private bool _isRunning;

    private sealed record Waiting(
        ShareStep Step, IReadOnlyList<RowAction> Effects, TaskCompletionSource<GroupAnswer<StepOutcome>> Answer);

    /// <summary>What became of the step; an error is the instance's. A failure of storage leaves it unknown.</summary>
    public Task<GroupAnswer<StepOutcome>> StepAsync(
        ShareStep step, IReadOnlyList<RowAction> effects, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(step, effects, new(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            _waiting.Add(waiting);
            if (_isRunning)
            {
                return waiting.Answer.Task;
            }

            _isRunning = true;
        }

        // Goes on for those that come meanwhile; whoever began it waits for his own answer only.
        _ = RunAsync(cancellationToken);
        return waiting.Answer.Task;
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        while (Next() is { Count: > 0 } some)
        {
            try
            {
                var answer = await shares.StepAsync(
                    group, instance, [.. some.Select(one => one.Step)], some[0].Effects, cancellationToken);
                for (var index = 0; index < some.Count; index++)
                {
                    some[index].Answer.SetResult(new(answer.Error, answer.Value is { } told ? told[index] : default, answer.Message));
                }
            }
            catch (OperationCanceledException e)
            {
                some.ForEach(one => one.Answer.SetCanceled(e.CancellationToken));
            }
            catch (Exception e)
            {
                // Each of them has its own way to go on.
                some.ForEach(one => one.Answer.SetException(e));
            }
        }
    }

    private List<Waiting> Next()
    {
        lock (_gate)
        {
            var alone = _waiting.FindIndex(one => one.Effects.Count > 0);
            var count = alone == 0 ? 1 : Math.Min(StepsMax, alone < 0 ? _waiting.Count : alone);
            var some = _waiting.GetRange(0, count);
            _waiting.RemoveRange(0, count);
            _isRunning = count > 0;
            return some;
        }
    }
}
