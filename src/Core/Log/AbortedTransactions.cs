using System.Collections.Immutable;
using Serverless.Core.Records;

namespace Serverless.Core.Log;

/// <summary>A transaction that was aborted: its producer's records from the first to the marker are no records.</summary>
internal readonly record struct AbortedTransaction(long ProducerId, long FirstOffset, long MarkerOffset)
{
    public bool Holds(in RecordBatchHeader header) =>
        header.ProducerId == ProducerId && header.BaseOffset >= FirstOffset && header.BaseOffset < MarkerOffset;
}

/// <summary>The aborted transactions of the newest part of one log: all whose markers lie at <see cref="From"/> or behind it.</summary>
internal sealed class AbortedTransactions
{
    // Ours: as many are kept in memory; the rest is in the checkpoints' rows.
    private const int KeptMax = 10_000;

    private AbortedTransactions(ImmutableList<AbortedTransaction> all, long from) => (All, From) = (all, from);

    public ImmutableList<AbortedTransaction> All { get; }

    public long From { get; }

    public static AbortedTransactions StartingAt(long offset) => new([], offset);

    public AbortedTransactions Add(AbortedTransaction aborted)
    {
        var all = All.Add(aborted);
        return all.Count <= KeptMax
            ? new AbortedTransactions(all, From)
            : new AbortedTransactions(all.RemoveRange(0, KeptMax / 2), all[(KeptMax / 2) - 1].MarkerOffset + 1);
    }
}
