using Serverless.Core.Log;
using Serverless.Core.Records;
using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Audit;

/// <summary>What one partition's log may hold of producers with ids, checked at each batch.</summary>
internal sealed class ProducerAudit
{
    private readonly Dictionary<long, (short Epoch, long Next)> _known = [];

    public void Appended(string log, Send send, in RecordBatchHeader header)
    {
        if (send.Identity is not AppendIdentity.Sequence sequence)
        {
            Guarantee.Holds(header.ProducerId < 0, "P2", $"{log}: {send} has a producer id that nobody gave it.");
            return;
        }

        Guarantee.Holds(
            (header.ProducerId, header.ProducerEpoch, header.BaseSequence)
            == (sequence.ProducerId, sequence.ProducerEpoch, sequence.BaseSequence),
            "P2", $"{log}: {send} was sent as {sequence} and is there as {header}.");
        var (epoch, next) = _known.GetValueOrDefault(header.ProducerId, ((short)-1, 0L));
        Guarantee.Holds(
            header.ProducerEpoch >= epoch, "P1", $"{log}: {send} has epoch {header.ProducerEpoch}, and {epoch} was here before.");
        next = header.ProducerEpoch > epoch ? 0 : next;
        Guarantee.Holds(
            sequence.LeavesOut ? sequence.BaseSequence >= next : sequence.BaseSequence == next, "P2",
            $"{log}: {send} has sequence {sequence.BaseSequence} where {next} comes next.");
        _known[header.ProducerId] = (header.ProducerEpoch, sequence.BaseSequence + (long)send.Values.Count);
    }
}
