using Serverless.Core.Groups;

namespace Serverless.Functions.Http.Consumers;

/// <summary>Offsets to commit, to seek or to reset (sections 2.8, 2.9 and 5.9 of the HTTP contract).</summary>
/// <remarks>A commit's <c>offset</c> is that of the last record processed, so that one more is stored; a seek's is the next one.</remarks>
internal static class OffsetsRequest
{
    private const int Offsets = 0, Partitions = 1, Timestamp = 1;

    private static readonly FieldNames CommitFields = new("offsets", "partitions");
    private static readonly FieldNames SeekFields = new("offsets", "timestamps");

    /// <summary>The next offsets to store; null when nothing is named: all that was delivered.</summary>
    public static IReadOnlyList<GroupOffset>? ParseCommit(RequestBody body, int entriesMax)
    {
        if (body.IsEmpty)
        {
            return null;
        }

        var json = StrictJson.Open(body.Bytes.Span);
        json.BeginObject("The body");
        IReadOnlyList<GroupOffset>? commits = null;
        for (uint seen = 0; json.NextField(CommitFields, ref seen, out var field);)
        {
            if (json.IsNull)
            {
                continue;
            }

            if (commits is not null)
            {
                json.Refuse($"{CommitFields[Offsets]} and {CommitFields[Partitions]} are the same list: give one of them.");
            }

            commits = ReadCommits(ref json, CommitFields[field], entriesMax);
        }

        json.End();
        return commits;
    }

    /// <summary>The next offsets to store, of the list that <paramref name="json"/> stands on; a partition's last word counts.</summary>
    public static IReadOnlyList<GroupOffset> ReadCommits(ref StrictJson json, string what, int entriesMax)
    {
        var commits = new List<GroupOffset>();
        foreach (var entry in PartitionList.Distinct(PartitionList.Read(ref json, PartitionList.Commits, what, entriesMax)))
        {
            commits.Add(new GroupOffset(entry.At, NextOffset(ref json, entry), entry.Metadata));
        }

        return commits;
    }

    /// <summary>Where to move an instance's positions.</summary>
    public static IReadOnlyList<SeekTarget> ParseSeek(RequestBody body, int entriesMax) =>
        ParseTargets(body, PartitionList.Seeks, SeekOf, entriesMax);

    /// <summary>What to set a group's committed offsets to.</summary>
    public static IReadOnlyList<SeekTarget> ParseReset(RequestBody body, int entriesMax) =>
        ParseTargets(body, PartitionList.Resets, ResetOf, entriesMax);

    private delegate SeekTarget TargetOf(ref StrictJson json, PartitionEntry entry);

    private static List<SeekTarget> ParseTargets(RequestBody body, FieldNames fields, TargetOf targetOf, int entriesMax)
    {
        if (body.IsEmpty)
        {
            throw new RequestException(Problem.NoBody);
        }

        var json = StrictJson.Open(body.Bytes.Span);
        json.BeginObject("The body");
        List<PartitionEntry>? offsets = null, timestamps = null;
        for (uint seen = 0; json.NextField(SeekFields, ref seen, out var field);)
        {
            if (field == Timestamp)
            {
                timestamps = json.IsNull ? null : PartitionList.Read(ref json, PartitionList.Times, "timestamps", entriesMax);
            }
            else
            {
                offsets = json.IsNull ? null : PartitionList.Read(ref json, fields, "offsets", entriesMax);
            }
        }

        if (offsets is null && timestamps is null)
        {
            json.Refuse("offsets or timestamps is missing.");
        }

        var targets = new List<SeekTarget>();
        foreach (var entry in PartitionList.Distinct(offsets ?? []))
        {
            targets.Add(targetOf(ref json, entry));
        }

        foreach (var entry in PartitionList.Distinct(timestamps ?? []))
        {
            if (entry.TimestampMs is null)
            {
                json.Refuse("timestamp is missing.");
            }

            targets.Add(new SeekTarget(entry.At, SeekKind.Timestamp, entry.TimestampMs ?? 0));
        }

        if (targets.DistinctBy(target => target.At).Count() < targets.Count)
        {
            json.Refuse("A partition is named in offsets and in timestamps.");
        }

        json.End();
        return targets;
    }

    private static SeekTarget SeekOf(ref StrictJson json, PartitionEntry entry)
    {
        if (entry.Offset is not >= 0)
        {
            json.Refuse(entry.Offset is null ? "offset is missing." : "offset must not be negative.");
        }

        return new SeekTarget(entry.At, SeekKind.Offset, entry.Offset ?? 0, entry.Metadata);
    }

    private static SeekTarget ResetOf(ref StrictJson json, PartitionEntry entry)
    {
        if (entry.To is null)
        {
            return new SeekTarget(entry.At, SeekKind.Offset, NextOffset(ref json, entry), entry.Metadata);
        }

        if (entry.Offset is not null || entry.NextOffset is not null)
        {
            json.Refuse("An entry has one of offset, next_offset and to.");
        }

        return new SeekTarget(entry.At, entry.To.Value, 0, entry.Metadata);
    }

    private static long NextOffset(ref StrictJson json, PartitionEntry entry)
    {
        switch (entry)
        {
            case { Offset: not null, NextOffset: not null }:
                json.Refuse("An entry has either offset or next_offset.");
                return 0;
            case { NextOffset: >= 0 and var next }:
                return next;
            case { Offset: >= -1 and < long.MaxValue and var last }:
                return last + 1;
            default:
                json.Refuse("offset must be -1 or more, or next_offset 0 or more.");
                return 0;
        }
    }
}
