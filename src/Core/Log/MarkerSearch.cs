using Serverless.Core.Records;
using Serverless.Core.Storage.Rows;

namespace Serverless.Core.Log;

/// <summary>Looks for how the transactions of some batches ended, going up the log from there until each has its marker.</summary>
/// <param name="from">Where the search begins: the base offset of the first batch.</param>
internal sealed class MarkerSearch(long from)
{
    // Of each producer, the first batch that has no marker yet.
    private readonly Dictionary<long, long> _undecided = [];

    /// <summary>All markers below are known.</summary>
    public long To { get; private set; } = from;

    public List<AbortedTransaction> Aborted { get; } = [];

    public bool IsOver => _undecided.Count == 0;

    /// <summary>Takes the batches themselves, and the markers among them.</summary>
    public void Begin(ReadOnlySpan<byte> batches) => Walk(batches, takesBatches: true);

    /// <summary>Takes bytes that go on where the search stands, or begin before.</summary>
    public void Walk(ReadOnlySpan<byte> batches) => Walk(batches, takesBatches: false);

    /// <summary>Takes what a checkpoint tells of the stretch before it, which begins where the search stands, or before.</summary>
    public void Take(DecidedRow row) => Take(row.Aborted, producer => row.Open.TryGetValue(producer, out var open) ? open : null, row.To);

    /// <summary>Takes what memory tells of the rest of the log.</summary>
    public void Take(LogTail tail) => Take(
        tail.Aborted.All, producer => tail.Producers.Find(producer) is { OpenFrom: >= 0 and var open } ? open : null, tail.NextOffset);

    private void Walk(ReadOnlySpan<byte> batches, bool takesBatches)
    {
        var walk = new RecordBatchReader(batches);
        while (walk.TryRead(out var header, out var batch))
        {
            if (header.BaseOffset < To)
            {
                continue;
            }

            if (!header.IsControl)
            {
                To = header.NextOffset;
                if (takesBatches && header.IsTransactional)
                {
                    _undecided.TryAdd(header.ProducerId, header.BaseOffset);
                }
            }
            else if (ControlRecord.TryReadType(batch, out var type) && type is ControlRecord.Abort or ControlRecord.Commit)
            {
                To = header.NextOffset;
                if (_undecided.Remove(header.ProducerId, out var first) && type == ControlRecord.Abort)
                {
                    Aborted.Add(new AbortedTransaction(header.ProducerId, first, header.BaseOffset));
                }
            }
        }
    }

    private void Take(IEnumerable<AbortedTransaction> aborted, Func<long, long?> openFrom, long to)
    {
        foreach (var transaction in aborted)
        {
            // A later one of the same producer begins behind the marker that is looked for.
            if (transaction.MarkerOffset >= To && _undecided.TryGetValue(transaction.ProducerId, out var first)
                && transaction.FirstOffset <= first)
            {
                _undecided.Remove(transaction.ProducerId);
                Aborted.Add(transaction);
            }
        }

        // Neither aborted nor open any more: committed. Open again from behind is another one.
        foreach (var (producer, first) in _undecided.ToList())
        {
            if (openFrom(producer) is not { } open || open > first)
            {
                _undecided.Remove(producer);
            }
        }

        To = Math.Max(To, to);
    }
}
