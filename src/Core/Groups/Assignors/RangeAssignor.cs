namespace Serverless.Core.Groups.Assignors;

/// <summary>Kafka's range assignor: topic by topic, a run of neighbouring partitions for each subscriber.</summary>
/// <remarks>Members that subscribe to the same topics of equal counts get the same partition numbers of each: joins rely on it.</remarks>
public static class RangeAssignor
{
    public static SortedDictionary<TopicPartition, string> Assign(AssignmentRequest request)
    {
        var assignment = new SortedDictionary<TopicPartition, string>();
        foreach (var (topic, count) in request.Topics)
        {
            var subscribers = request.Members.Where(member => member.Topics.Contains(topic)).ToList();
            var from = 0;
            for (var index = 0; index < subscribers.Count; index++)
            {
                // The first (count mod subscribers) get one more.
                var share = count / subscribers.Count + (index < count % subscribers.Count ? 1 : 0);
                for (var partition = from; partition < from + share; partition++)
                {
                    assignment.Add(new TopicPartition(topic, partition), subscribers[index].Id);
                }

                from += share;
            }
        }

        return assignment;
    }
}
