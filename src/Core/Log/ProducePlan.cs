using Serverless.Core.Topics;

namespace Serverless.Core.Log;

/// <summary>Where the records of one request go, as it was settled before anything is appended.</summary>
/// <remarks>
/// Records that fail before they get so far are in no partition: those whose partition is not there, and those that are too large.
/// </remarks>
public sealed class ProducePlan
{
    internal ProducePlan(Topic topic, IReadOnlyList<ProduceRecord> records, int chosenFrom, bool allOrNone = false)
    {
        (Topic, Records, ChosenFrom, AllOrNone) = (topic, records, chosenFrom, allOrNone);
        Outcomes = new ProduceOutcome[records.Count];
    }

    /// <summary>The topic as it was looked up last.</summary>
    public Topic Topic { get; }

    public IReadOnlyList<ProduceRecord> Records { get; }

    /// <summary>How many partitions the partitioner chose from: as many as the topic had when the request was first tried.</summary>
    public int ChosenFrom { get; }

    /// <summary>The partitions that records go to, ascending.</summary>
    public IReadOnlyCollection<int> Partitions => Members.Keys;

    internal bool AllOrNone { get; }

    // Sorted, so that appends begin in the same order whenever the same is asked.
    internal SortedDictionary<int, List<int>> Members { get; } = [];

    internal ProduceOutcome[] Outcomes { get; }

    internal void Add(int record, int partition)
    {
        if (!Members.TryGetValue(partition, out var members))
        {
            Members.Add(partition, members = []);
        }

        members.Add(record);
    }

    /// <summary>The record is not stored; nor is any other, where sequences must follow one another: none may be left out then.</summary>
    internal void Refuse(int record, ErrorCode error, bool partitionUnknown = false)
    {
        Outcomes[record] = ProduceOutcome.Failed(error, partitionUnknown);
        if (AllOrNone)
        {
            Members.Clear();
            Array.Fill(Outcomes, Outcomes[record]);
        }
    }
}
