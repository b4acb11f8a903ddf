using Serverless.Core.Records;

namespace Serverless.Core.Log;

/// <summary>A batch and where it is to go; <c>Sequence</c> where the log gives it one.</summary>
internal readonly record struct PlannedAppend(PendingAppend Append, long BaseOffset, int? Sequence);

/// <summary>What becomes of the appends of one block at one tail: some go in, others are answered by what the log says of them.</summary>
/// <param name="Answers">One an append, as it is once the block has landed.</param>
/// <param name="IsFinal">
/// No answer rests on something missing from the tail; otherwise the tail has to be as new as storage before it is given.
/// </param>
internal sealed record AppendPlan(IReadOnlyList<PlannedAppend> Appends, AppendAnswer[] Answers, bool IsFinal)
{
    /// <summary>Decides each append against the tail and those before it in the block. Pure.</summary>
    public static AppendPlan Make(LogTail tail, IReadOnlyList<PendingAppend> block)
    {
        var planned = new List<PlannedAppend>(block.Count);
        var answers = new AppendAnswer[block.Count];
        var isFinal = true;
        var (producers, keys, offset) = (tail.Producers, tail.Keys, tail.NextOffset);
        for (var index = 0; index < block.Count; index++)
        {
            var append = block[index];
            var verdict = AppendDecision.Decide(append, producers, keys);
            isFinal &= verdict.IsFinal;
            if (verdict.Answer is { } answer)
            {
                answers[index] = answer;
                continue;
            }

            var header = append.Header with { BaseOffset = offset, BaseSequence = verdict.Sequence ?? append.Header.BaseSequence };
            answers[index] = new AppendAnswer(
                ErrorCode.None, offset, header.TimestampType == TimestampType.LogAppendTime ? header.MaxTimestamp : -1);
            planned.Add(new PlannedAppend(append, offset, verdict.Sequence));
            (producers, keys) = append.Identity is TransactionEnd
                ? (producers.End(header), keys)
                : (producers.Append(header), keys.Append(header));
            offset += header.LastOffsetDelta + 1;
        }

        return new AppendPlan(planned, answers, isFinal);
    }

    /// <summary>The answers when nobody can say whether the block landed: only what the tail alone had an answer to is known.</summary>
    public static AppendAnswer[] Unknown(LogTail tail, IReadOnlyList<PendingAppend> block) =>
    [
        .. block.Select(append => AppendDecision.Decide(append, tail.Producers, tail.Keys) is { IsFinal: true, Answer: { } answer }
            ? answer
            : new AppendAnswer(ErrorCode.RequestTimedOut, -1)),
    ];
}

/// <summary>The marker that ends a transaction; see <see cref="IPartitionLogs.EndTransactionAsync"/>.</summary>
internal sealed record TransactionEnd : AppendIdentity;
