using System.Collections.Immutable;
using Serverless.Core.Records;

namespace Serverless.Core.Log;

/// <summary>A batch of an idempotent producer that a repetition can still be answered with.</summary>
internal readonly record struct StoredBatch(int BaseSequence, int Records, long BaseOffset)
{
    public int LastSequence => Sequences.Plus(BaseSequence, Records - 1);
}

/// <summary>What a partition's log says of one producer.</summary>
/// <param name="Epoch">The newest that was here, in a batch or in a marker; older ones are fenced.</param>
/// <param name="LastSequence">Of that epoch; -1 while there is none.</param>
/// <param name="OpenFrom">First offset of its transaction that has no marker yet; -1 where none is open.</param>
/// <param name="LastOffset">Of its newest batch: who was not here for longest is forgotten first.</param>
internal sealed record ProducerState(short Epoch, int LastSequence, long OpenFrom, long LastOffset, ImmutableArray<StoredBatch> Recent);

/// <summary>The producers of one partition's log. Immutable; every instance that folds the same batches comes to the same.</summary>
/// <remarks>
/// Upholds <b>no batch twice</b> and <b>fenced is fenced</b> (KIP-98): each append is decided against the very state that it
/// extends. Only so many producers are remembered. Who is forgotten could repeat a batch unnoticed, so the highest id among them is
/// kept, and an id that is not known and not above it is refused.
/// </remarks>
internal sealed class ProducerStates
{
    /// <summary>Kafka's number of batches that a retry may be behind.</summary>
    public const int RecentMax = 5;

    /// <summary>Ours: as many producers are remembered in a partition. Those with a transaction open are never forgotten.</summary>
    public const int ProducersMax = 2_000;

    // Forgetting some at once makes room for a while.
    private const int ForgottenAtOnce = ProducersMax / 10;

    private readonly ImmutableDictionary<long, ProducerState> _states;
    private readonly ImmutableSortedDictionary<long, long> _open;

    private ProducerStates(
        ImmutableDictionary<long, ProducerState> states, ImmutableSortedDictionary<long, long> open, long forgottenTo) =>
        (_states, _open, ForgottenTo) = (states, open, forgottenTo);

    public static ProducerStates Empty { get; } =
        new(ImmutableDictionary<long, ProducerState>.Empty, ImmutableSortedDictionary<long, long>.Empty, forgottenTo: -1);

    /// <summary>The highest producer id that was forgotten; -1 while none was.</summary>
    public long ForgottenTo { get; }

    public IEnumerable<KeyValuePair<long, ProducerState>> All => _states.OrderBy(state => state.Key);

    public int Count => _states.Count;

    /// <summary>First offset of the oldest open transaction; null where all are decided.</summary>
    public long? FirstOpen => _open.IsEmpty ? null : _open.First().Key;

    /// <summary>Transactions without a marker, by first offset.</summary>
    public IEnumerable<OpenTransaction> Open =>
        _open.Select(open => new OpenTransaction(open.Value, _states[open.Value].Epoch, open.Key));

    public static ProducerStates Of(IEnumerable<KeyValuePair<long, ProducerState>> states, long forgottenTo)
    {
        var all = states.ToImmutableDictionary();
        return all.IsEmpty && forgottenTo < 0 ? Empty : new ProducerStates(
            all,
            all.Where(state => state.Value.OpenFrom >= 0).ToImmutableSortedDictionary(state => state.Value.OpenFrom, state => state.Key),
            forgottenTo);
    }

    public ProducerState? Find(long producerId) => _states.GetValueOrDefault(producerId);

    /// <summary>The states after a batch of records.</summary>
    public ProducerStates Append(in RecordBatchHeader header)
    {
        if (header.ProducerId < 0)
        {
            return this;
        }

        var former = Find(header.ProducerId);
        var same = former is not null && former.Epoch == header.ProducerEpoch ? former : null;
        if (former is not null && former.Epoch > header.ProducerEpoch)
        {
            // Refused by whoever appends; bytes that are stored all the same change nothing of what is known.
            return this;
        }

        var openFrom = former?.OpenFrom ?? -1;
        var isKeyed = header.IsTransactional && Sequences.IsKeyed(header.BaseSequence);
        var recent = header.IsTransactional ? [] : same?.Recent ?? [];
        if (!header.IsTransactional)
        {
            recent = recent.Length < RecentMax ? recent : recent.RemoveAt(0);
            recent = recent.Add(new StoredBatch(header.BaseSequence, header.LastOffsetDelta + 1, header.BaseOffset));
        }

        return Put(header.ProducerId, new ProducerState(
            header.ProducerEpoch,
            isKeyed ? same?.LastSequence ?? -1 : header.LastSequence,
            openFrom < 0 && header.IsTransactional ? header.BaseOffset : openFrom,
            header.LastOffset,
            recent));
    }

    /// <summary>The states after a marker. Its epoch follows the transaction's (KIP-890), so that late batches of it are fenced.</summary>
    public ProducerStates End(in RecordBatchHeader header)
    {
        var former = Find(header.ProducerId);
        return Put(header.ProducerId, new ProducerState(
            Math.Max(header.ProducerEpoch, former?.Epoch ?? 0),
            former?.Epoch == header.ProducerEpoch ? former.LastSequence : -1,
            OpenFrom: -1,
            header.LastOffset,
            []));
    }

    private ProducerStates Put(long producerId, ProducerState state)
    {
        var open = _open;
        if (Find(producerId) is { OpenFrom: >= 0 } former && former.OpenFrom != state.OpenFrom)
        {
            open = open.Remove(former.OpenFrom);
        }

        if (state.OpenFrom >= 0)
        {
            open = open.SetItem(state.OpenFrom, producerId);
        }

        var states = _states.SetItem(producerId, state);
        var forgottenTo = ForgottenTo;
        if (states.Count > ProducersMax)
        {
            var forgotten = states.Where(known => known.Value.OpenFrom < 0 && known.Key != producerId)
                .OrderBy(known => known.Value.LastOffset).ThenBy(known => known.Key)
                .Take(ForgottenAtOnce).Select(known => known.Key).ToList();
            states = states.RemoveRange(forgotten);
            forgottenTo = forgotten.Count > 0 ? Math.Max(forgottenTo, forgotten.Max()) : forgottenTo;
        }

        return new ProducerStates(states, open, forgottenTo);
    }
}

/// <summary>Sequence numbers: from 0 to <see cref="int.MaxValue"/>, after which 0 follows, as in Kafka.</summary>
internal static class Sequences
{
    // Batches of a transaction count from 0 where they have no key, and have a part of its hash in the upper half otherwise.
    private const int KeyedFrom = 1 << 30;

    public static int Plus(int sequence, int more) => (int)(((long)sequence + more) & int.MaxValue);

    /// <summary>Whether one follows the other, at whatever distance: within half of the circle.</summary>
    public static bool IsBehind(int sequence, int other) => ((sequence - (long)other) & int.MaxValue) is > 0 and < KeyedFrom;

    /// <summary>Whether two runs have a sequence in common.</summary>
    public static bool Overlap(int sequence, int records, StoredBatch other) =>
        ((sequence - (long)other.BaseSequence) & int.MaxValue) < other.Records
        || ((other.BaseSequence - (long)sequence) & int.MaxValue) < records;

    public static int OfKey(long hash) => KeyedFrom | (int)(hash & (KeyedFrom - 1));

    public static bool IsKeyed(int sequence) => sequence >= KeyedFrom;

    /// <summary>The next in a transaction's batches without a key.</summary>
    public static int NextUnkeyed(int last) => last < 0 ? 0 : (last + 1) & (KeyedFrom - 1);
}
