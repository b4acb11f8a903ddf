namespace Serverless.Core.Log;

/// <summary>What becomes of one append: it goes in (with this sequence, where the log gives it one), or it has its answer.</summary>
/// <param name="IsFinal">However much is appended meanwhile, it stays so.</param>
internal readonly record struct AppendVerdict(AppendAnswer? Answer, int? Sequence, bool IsFinal);

/// <summary>Whether a batch is news, a repetition, out of order, or too late. Pure; Kafka's rules (KIP-98, KIP-360, KIP-890).</summary>
internal static class AppendDecision
{
    private static readonly AppendVerdict News = new(null, null, IsFinal: true);

    public static AppendVerdict Decide(PendingAppend append, ProducerStates producers, KeyedBatches keys) => append.Identity switch
    {
        AppendIdentity.Sequence sequence => OfSequence(sequence, append.Header.LastOffsetDelta + 1, producers),
        AppendIdentity.Key key => OfKey(key.Hash, key.FromOffset, keys, sequence: null),
        AppendIdentity.Transaction transaction => OfTransaction(transaction, producers, keys),
        TransactionEnd => producers.Find(append.Header.ProducerId) is { } state && state.Epoch >= append.Header.ProducerEpoch
            ? new AppendVerdict(new AppendAnswer(ErrorCode.None, -1, IsDuplicate: true), null, IsFinal: true)
            : News,
        _ => News,
    };

    private static AppendVerdict OfSequence(AppendIdentity.Sequence batch, int records, ProducerStates producers)
    {
        if (producers.Find(batch.ProducerId) is not { } state)
        {
            return batch.ProducerId <= producers.ForgottenTo ? UntilLooked(ErrorCode.UnknownProducerId) : First(batch);
        }

        if (batch.ProducerEpoch < state.Epoch)
        {
            return ForGood(ErrorCode.InvalidProducerEpoch);
        }

        if (state.OpenFrom >= 0)
        {
            return UntilLooked(ErrorCode.InvalidTxnState);
        }

        if (batch.ProducerEpoch > state.Epoch || state.LastSequence < 0)
        {
            return First(batch);
        }

        foreach (var stored in state.Recent)
        {
            if (stored.BaseSequence == batch.BaseSequence && stored.Records == records)
            {
                return new AppendVerdict(new AppendAnswer(ErrorCode.None, stored.BaseOffset, IsDuplicate: true), null, IsFinal: true);
            }

            if (Sequences.Overlap(batch.BaseSequence, records, stored))
            {
                return ForGood(ErrorCode.DuplicateSequenceNumber);
            }
        }

        var follows = batch.LeavesOut
            ? Sequences.IsBehind(batch.BaseSequence, state.LastSequence)
            : batch.BaseSequence == Sequences.Plus(state.LastSequence, 1);
        return follows ? News : UntilLooked(ErrorCode.OutOfOrderSequenceNumber);
    }

    private static AppendVerdict First(AppendIdentity.Sequence batch) =>
        batch.LeavesOut || batch.BaseSequence == 0 ? News : UntilLooked(ErrorCode.OutOfOrderSequenceNumber);

    private static AppendVerdict OfTransaction(AppendIdentity.Transaction batch, ProducerStates producers, KeyedBatches keys)
    {
        var state = producers.Find(batch.ProducerId);
        if (state is null && batch.ProducerId <= producers.ForgottenTo)
        {
            return UntilLooked(ErrorCode.UnknownProducerId);
        }

        if (batch.ProducerEpoch < state?.Epoch)
        {
            return ForGood(ErrorCode.InvalidProducerEpoch);
        }

        var isOpen = state?.OpenFrom >= 0;
        if (isOpen && batch.ProducerEpoch != state!.Epoch)
        {
            // The marker comes before anything of the next epoch.
            return UntilLooked(ErrorCode.InvalidTxnState);
        }

        var last = state?.Epoch == batch.ProducerEpoch ? state.LastSequence : -1;
        if (batch.KeyHash is not { } hash)
        {
            return new AppendVerdict(null, Sequences.NextUnkeyed(last), IsFinal: true);
        }

        var sequence = Sequences.OfKey(hash);
        var known = KeyedBatches.InTransaction(batch.ProducerId, batch.ProducerEpoch, sequence);

        // Nothing of it can be there before the transaction's first record.
        return isOpen ? OfKey(known, Math.Max(state!.OpenFrom, batch.SearchedTo), keys, sequence) : new AppendVerdict(null, sequence, IsFinal: true);
    }

    private static AppendVerdict OfKey(long hash, long fromOffset, KeyedBatches keys, int? sequence)
    {
        if (keys.Find(hash, fromOffset) is { } offset)
        {
            return new AppendVerdict(new AppendAnswer(ErrorCode.None, offset, IsDuplicate: true), null, IsFinal: true);
        }

        return keys.From <= fromOffset
            ? new AppendVerdict(null, sequence, IsFinal: true)
            : new AppendVerdict(AppendAnswer.LookBefore(keys.From, fromOffset, hash), null, IsFinal: true);
    }

    private static AppendVerdict ForGood(ErrorCode error) => new(new AppendAnswer(error, -1), null, IsFinal: true);

    private static AppendVerdict UntilLooked(ErrorCode error) => new(new AppendAnswer(error, -1), null, IsFinal: false);
}
