using Serverless.Core.Groups.Assignors;
using Xunit;
using static Serverless.Core.Tests.Groups.Assignors.AssignmentCases;

namespace Serverless.Core.Tests.Groups.Assignors;

/// <summary>The examples are those of Kafka's documentation of the two assignors.</summary>
public sealed class KafkaAssignorTests
{
    [Fact]
    public void Range_gives_each_member_neighbouring_partitions_of_each_topic()
    {
        var request = Request([Member("C0", "t0", "t1"), Member("C1", "t0", "t1")], [("t0", 3), ("t1", 3)]);

        var assignment = Assignor.Assign(Assignor.Range, request);

        AssertValid(request, assignment);
        Assert.Equal([0, 1], assignment.Of("C0", "t0"));
        Assert.Equal([0, 1], assignment.Of("C0", "t1"));
        Assert.Equal([2], assignment.Of("C1", "t0"));
        Assert.Equal([2], assignment.Of("C1", "t1"));
    }

    [Fact]
    public void Round_robin_deals_all_partitions_in_turn()
    {
        var request = Request([Member("C0", "t0", "t1"), Member("C1", "t0", "t1")], [("t0", 3), ("t1", 3)]);

        var assignment = Assignor.Assign(Assignor.RoundRobin, request);

        AssertValid(request, assignment);
        Assert.Equal([0, 2], assignment.Of("C0", "t0"));
        Assert.Equal([1], assignment.Of("C0", "t1"));
        Assert.Equal([1], assignment.Of("C1", "t0"));
        Assert.Equal([0, 2], assignment.Of("C1", "t1"));
    }

    [Fact]
    public void Round_robin_passes_over_members_that_do_not_subscribe()
    {
        var request = Request(
            [Member("C0", "t0"), Member("C1", "t0", "t1"), Member("C2", "t0", "t1", "t2")],
            [("t0", 1), ("t1", 2), ("t2", 3)]);

        var assignment = Assignor.Assign(Assignor.RoundRobin, request);

        AssertValid(request, assignment);
        Assert.Equal([0], assignment.Of("C0", "t0"));
        Assert.Equal([0], assignment.Of("C1", "t1"));
        Assert.Equal([1], assignment.Of("C2", "t1"));
        Assert.Equal([0, 1, 2], assignment.Of("C2", "t2"));
    }

    [Theory]
    [InlineData(Assignor.Range)]
    [InlineData(Assignor.RoundRobin)]
    [InlineData(Assignor.Uniform)]
    public void Every_assignor_gives_each_partition_to_one_subscriber(string name)
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            (string Topic, int Count)[] topics = [("a", random.Next(9)), ("b", random.Next(9)), ("c", random.Next(9))];
            var members = Enumerable.Range(0, random.Next(0, 8))
                .Select(index => Member($"m{index}", [.. topics.Select(topic => topic.Topic).Where(_ => random.Next(2) == 0)]));
            var request = Request(members, topics);

            AssertValid(request, Assignor.Assign(name, request));
        }
    }
}
