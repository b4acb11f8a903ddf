using System.Collections.Immutable;
using Serverless.Core.Groups.Assignors;
using Xunit;

namespace Serverless.Core.Tests.Groups.Assignors;

internal static class AssignmentCases
{
    public static AssignorMember Member(string id, params string[] topics) => new(id, [.. topics]);

    public static AssignmentRequest Request(
        IEnumerable<AssignorMember> members, IEnumerable<(string Topic, int Count)> topics,
        IReadOnlyDictionary<TopicPartition, string>? current = null) =>
        new(
            members.OrderBy(member => member.Id, StringComparer.Ordinal).ToList(),
            topics.ToImmutableSortedDictionary(topic => topic.Topic, topic => topic.Count, StringComparer.Ordinal),
            current ?? new Dictionary<TopicPartition, string>());

    public static int[] Of(this IReadOnlyDictionary<TopicPartition, string> assignment, string id, string topic) =>
        assignment.Where(pair => pair.Value == id && pair.Key.Topic == topic).Select(pair => pair.Key.Partition).ToArray();

    public static int Load(this IReadOnlyDictionary<TopicPartition, string> assignment, string id) =>
        assignment.Count(pair => pair.Value == id);

    /// <summary>Partitions taken from a member that is still there and still subscribes.</summary>
    public static int Moves(AssignmentRequest request, IReadOnlyDictionary<TopicPartition, string> assignment) =>
        request.Partitions().Count(at =>
            request.Current.TryGetValue(at, out var before)
            && request.Members.Any(member => member.Id == before && member.Topics.Contains(at.Topic))
            && assignment.GetValueOrDefault(at) != before);

    /// <summary>Every partition of a subscribed topic has one owner, who subscribes; no other partition has any.</summary>
    public static void AssertValid(AssignmentRequest request, IReadOnlyDictionary<TopicPartition, string> assignment)
    {
        var wanted = request.Partitions().Where(at => request.Members.Any(member => member.Topics.Contains(at.Topic)));
        Assert.Equal(wanted, assignment.Keys.Order());
        Assert.All(assignment, pair =>
            Assert.Contains(pair.Key.Topic, request.Members.Single(member => member.Id == pair.Value).Topics));
    }
}
