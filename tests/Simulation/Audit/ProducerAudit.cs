using Serverless.Core.Log;
using Serverless.Core.Records;
using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Audit;

/// <summary>What one partition's log may hold of producers with ids, checked at each batch.</summary>
internal sealed class ProducerAudit(TransactionAudit transactions)
{
    private readonly Dictionary<long, (short Epoch, long Next)> _known = [];
    private readonly Dictionary<long, (short Epoch, long First)> _open = [];

    /// <summary>First offset of the oldest transaction without a marker.</summary>
    public long? FirstOpen => _open.Count == 0 ? null : _open.Values.Min(open => open.First);

    /// <summary>Epoch of the producer's transaction without a marker; null where there is none.</summary>
    public short? OpenOf(long producerId) => _open.TryGetValue(producerId, out var open) ? open.Epoch : null;

    public void Appended(string log, Send send, in RecordBatchHeader header)
    {
        switch (send.Identity)
        {
            case AppendIdentity.Sequence sequence:
                Sequence(log, send, sequence, header);
                break;

            case AppendIdentity.Transaction transaction:
                Transaction(log, send, transaction, header);
                break;

            default:
                Guarantee.Holds(header.ProducerId < 0, "P2", $"{log}: {send} has a producer id that nobody gave it.");
                break;
        }
    }

    /// <summary>A marker, whose epoch follows that of the transaction that it ends.</summary>
    public void Ended(string log, in RecordBatchHeader header, bool commit)
    {
        var (epoch, _) = _known.GetValueOrDefault(header.ProducerId, ((short)-1, 0L));
        Guarantee.Holds(
            header.ProducerEpoch > epoch, "P1", $"{log}: a marker of {header.ProducerId}/{header.ProducerEpoch} came, and {epoch} was here before.");
        Guarantee.Holds(
            !_open.TryGetValue(header.ProducerId, out var open) || open.Epoch == header.ProducerEpoch - 1, "T6",
            $"{log}: a marker of {header.ProducerId}/{header.ProducerEpoch} ends the transaction of epoch {open.Epoch}.");
        transactions.Marked(log, header.ProducerId, (short)(header.ProducerEpoch - 1), commit);
        _open.Remove(header.ProducerId);
        _known[header.ProducerId] = (header.ProducerEpoch, 0);
    }

    private void Sequence(string log, Send send, AppendIdentity.Sequence sequence, in RecordBatchHeader header)
    {
        Guarantee.Holds(
            (header.ProducerId, header.ProducerEpoch, header.BaseSequence)
            == (sequence.ProducerId, sequence.ProducerEpoch, sequence.BaseSequence),
            "P2", $"{log}: {send} was sent as {sequence} and is there as {header}.");
        var next = Next(log, send, header);
        Guarantee.Holds(
            sequence.LeavesOut ? sequence.BaseSequence >= next : sequence.BaseSequence == next, "P2",
            $"{log}: {send} has sequence {sequence.BaseSequence} where {next} comes next.");
        _known[header.ProducerId] = (header.ProducerEpoch, sequence.BaseSequence + (long)send.Values.Count);
    }

    private void Transaction(string log, Send send, AppendIdentity.Transaction transaction, in RecordBatchHeader header)
    {
        Guarantee.Holds(
            header.IsTransactional
            && (header.ProducerId, header.ProducerEpoch) == (transaction.ProducerId, transaction.ProducerEpoch),
            "T6", $"{log}: {send} was sent in {transaction} and is there in {header.ProducerId}/{header.ProducerEpoch}.");
        Guarantee.Holds(
            transactions.OutcomeOf(header.ProducerId, header.ProducerEpoch) is null || !_known.ContainsKey(header.ProducerId)
            || _known[header.ProducerId].Epoch <= header.ProducerEpoch, "P1",
            $"{log}: {send} came after its transaction had ended.");
        var next = Next(log, send, header);
        if (transaction.KeyHash is null)
        {
            Guarantee.Holds(header.BaseSequence == next, "P2", $"{log}: {send} has sequence {header.BaseSequence} where {next} comes next.");
            next += send.Values.Count;
        }

        _known[header.ProducerId] = (header.ProducerEpoch, next);
        _open.TryAdd(header.ProducerId, (header.ProducerEpoch, header.BaseOffset));
        Guarantee.Holds(
            _open[header.ProducerId].Epoch == header.ProducerEpoch, "T6",
            $"{log}: {send} came while the transaction of epoch {_open[header.ProducerId].Epoch} is open.");
    }

    private long Next(string log, Send send, in RecordBatchHeader header)
    {
        var (epoch, next) = _known.GetValueOrDefault(header.ProducerId, ((short)-1, 0L));
        Guarantee.Holds(
            header.ProducerEpoch >= epoch, "P1", $"{log}: {send} has epoch {header.ProducerEpoch}, and {epoch} was here before.");
        return header.ProducerEpoch > epoch ? 0 : next;
    }
}
