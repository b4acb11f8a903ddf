namespace Serverless.Core.Groups.Assignors;

/// <summary>Kafka's round-robin assignor: all partitions in order, dealt to the members in turn.</summary>
public static class RoundRobinAssignor
{
    public static SortedDictionary<TopicPartition, string> Assign(AssignmentRequest request)
    {
        var assignment = new SortedDictionary<TopicPartition, string>();
        var turn = 0;
        foreach (var at in request.Partitions())
        {
            // A member that does not subscribe is passed over, and stays passed: so does Kafka's circular iterator.
            for (var tried = 0; tried < request.Members.Count; tried++)
            {
                var member = request.Members[turn];
                turn = (turn + 1) % request.Members.Count;
                if (member.Topics.Contains(at.Topic))
                {
                    assignment.Add(at, member.Id);
                    break;
                }
            }
        }

        return assignment;
    }
}
