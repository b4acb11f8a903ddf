using Serverless.Core.Groups.Rows;
using Serverless.Core.Log;
using Serverless.Core.Topics;

namespace Serverless.Core.Groups.View;

/// <summary>One partition of <see cref="OffsetsTopic"/> as it was at a moment, its horizon.</summary>
/// <remarks>
/// <para>
/// A commit's offset is the time when it was made, in milliseconds, and 12 bits of its key's hash. So offsets are the same to whoever
/// asks, a later commit of a key comes behind all that a reader has seen, and they stay below 2^53, which JSON needs, until 2039.
/// </para>
/// <para>
/// Where commits of one millisecond meet, those with the lesser keys step down to the next free offset. When one of them is replaced
/// by its key's next commit, those below may move up: a reader in between meets one again, and never misses one.
/// </para>
/// </remarks>
internal sealed class OffsetsPartition
{
    private const int HashBits = 12;

    // A reader may have been served elsewhere, by who had looked later. It is not sent back for that.
    private static readonly TimeSpan AheadMax = TimeSpan.FromMinutes(5);

    private readonly Commit[] _commits;
    private readonly long _limit;

    private OffsetsPartition(Commit[] commits, long limit) => (_commits, _limit) = (commits, limit);

    /// <summary>A commit in its place.</summary>
    public readonly record struct Commit(long Offset, byte[] Key, PartitionRow Row)
    {
        public long TimestampMs => Row.CommittedAt.ToUnixTimeMilliseconds();
    }

    /// <summary>Behind the last commit. It may fall back when a group is deleted.</summary>
    public long End => _commits is [.., var last] ? last.Offset + 1 : 0;

    /// <param name="horizon">Commits up to then are all there; younger ones are not shown yet.</param>
    public static OffsetsPartition Of(IEnumerable<(string Group, PartitionRow Row)> rows, DateTimeOffset horizon)
    {
        var commits = rows.Where(each => each.Row.Committed >= 0 && each.Row.CommittedAt <= horizon)
            .Select(each => InPlace(each.Group, each.Row)).ToArray();
        Array.Sort(commits, (one, other) => one.Offset != other.Offset
            ? one.Offset.CompareTo(other.Offset)
            : one.Key.AsSpan().SequenceCompareTo(other.Key));
        for (var i = commits.Length - 2; i >= 0; i--)
        {
            commits[i] = commits[i] with { Offset = Math.Min(commits[i].Offset, commits[i + 1].Offset - 1) };
        }

        return new OffsetsPartition(commits, FirstOf(horizon + AheadMax));
    }

    /// <inheritdoc cref="IPartitionLogs.FetchAsync"/>
    public FetchAnswer Fetch(long offset, int bytesMax)
    {
        var end = Math.Max(End, offset);
        var marks = new OffsetSnapshot(0, end, end);
        if (offset < 0 || offset > _limit)
        {
            return new(ErrorCode.OffsetOutOfRange, new(0, End, End), default, offset);
        }

        var batches = new MemoryStream();
        foreach (var commit in _commits)
        {
            if (commit.Offset < offset)
            {
                continue;
            }

            var batch = OffsetRecord.Batch(commit);
            if (batches.Length > 0 && batches.Length + batch.Length > bytesMax)
            {
                break;
            }

            batches.Write(batch);
            offset = commit.Offset + 1;
        }

        return new(ErrorCode.None, marks, batches.ToArray(), offset);
    }

    public OffsetAndTimestamp? At(long timestampMs)
    {
        foreach (var commit in _commits)
        {
            if (commit.TimestampMs >= timestampMs)
            {
                return new(commit.Offset, commit.TimestampMs);
            }
        }

        return null;
    }

    private static Commit InPlace(string group, PartitionRow row)
    {
        var key = OffsetRecord.Key(group, row.At);
        return new(FirstOf(row.CommittedAt) | (Murmur2.Hash(key) & ((1L << HashBits) - 1)), key, row);
    }

    private static long FirstOf(DateTimeOffset time) => time.ToUnixTimeMilliseconds() << HashBits;
}
