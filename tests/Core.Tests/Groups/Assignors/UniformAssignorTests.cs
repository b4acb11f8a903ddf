using Serverless.Core.Groups.Assignors;
using Xunit;
using static Serverless.Core.Tests.Groups.Assignors.AssignmentCases;

namespace Serverless.Core.Tests.Groups.Assignors;

public sealed class UniformAssignorTests
{
    [Fact]
    public void Loads_differ_by_at_most_one_and_moves_are_the_fewest_that_exist()
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var count = random.Next(0, 7);
            var members = Enumerable.Range(0, random.Next(1, 4)).Select(index => Member($"m{index}", "t")).ToList();
            var request = Request(members, [("t", count)], RandomCurrent(random, "t", count, ["m0", "m1", "m2", "gone"]));

            var assignment = UniformAssignor.Assign(request);

            AssertValid(request, assignment);
            AssertEven(request, assignment);
            Assert.Equal(FewestMoves(request), Moves(request, assignment));
        }
    }

    [Fact]
    public void With_many_members_moves_stay_at_the_lower_bound()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var count = random.Next(1, 200);
            var members = Enumerable.Range(0, random.Next(1, 50)).Select(index => Member($"m{index:D2}", "t")).ToList();
            var request = Request(
                members, [("t", count)],
                RandomCurrent(random, "t", count, [.. Enumerable.Range(0, 60).Select(index => $"m{index:D2}")]));

            var assignment = UniformAssignor.Assign(request);

            AssertValid(request, assignment);
            AssertEven(request, assignment);
            Assert.Equal(MovesLowerBound(request), Moves(request, assignment));
        }
    }

    [Fact]
    public void With_differing_subscriptions_no_assignment_is_more_even()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            (string Topic, int Count)[] topics = [("a", random.Next(0, 3)), ("b", random.Next(0, 3)), ("c", random.Next(0, 2))];
            var members = Enumerable.Range(0, 3)
                .Select(index => Member($"m{index}", [.. topics.Select(topic => topic.Topic).Where(_ => random.Next(2) == 0)]))
                .ToList();
            var request = Request(members, topics, RandomCurrent(random, "a", topics[0].Count, ["m0", "m1", "m2"]));

            var assignment = UniformAssignor.Assign(request);

            AssertValid(request, assignment);
            Assert.Equal(Everything(request).Min(SumOfSquares), SumOfSquares(assignment));
        }
    }

    [Fact]
    public void What_is_balanced_already_stays_as_it_is()
    {
        var request = Request([Member("a", "t"), Member("b", "t")], [("t", 5)]);
        var first = UniformAssignor.Assign(request);

        var second = UniformAssignor.Assign(request with { Current = first });

        Assert.Equal(first, second);
    }

    [Fact]
    public void Twenty_members_on_twelve_partitions_leave_eight_without_any()
    {
        var members = Enumerable.Range(0, 20).Select(index => Member($"m{index:D2}", "t")).ToList();

        var assignment = UniformAssignor.Assign(Request(members, [("t", 12)]));

        Assert.Equal(12, members.Count(member => assignment.Load(member.Id) == 1));
        Assert.Equal(8, members.Count(member => assignment.Load(member.Id) == 0));
    }

    private static Dictionary<TopicPartition, string> RandomCurrent(Random random, string topic, int count, string[] owners) =>
        Enumerable.Range(0, count)
            .Where(_ => random.Next(4) > 0)
            .ToDictionary(partition => new TopicPartition(topic, partition), _ => owners[random.Next(owners.Length)]);

    private static void AssertEven(AssignmentRequest request, IReadOnlyDictionary<TopicPartition, string> assignment)
    {
        var loads = request.Members.Select(member => assignment.Load(member.Id)).ToList();
        Assert.True(loads.Max() - loads.Min() <= 1);
    }

    private static int FewestMoves(AssignmentRequest request) =>
        Everything(request)
            .Where(assignment =>
            {
                var loads = request.Members.Select(member => assignment.Load(member.Id)).ToList();
                return loads.Max() - loads.Min() <= 1;
            })
            .Min(assignment => Moves(request, assignment));

    // What a member has above its share must go; the largest holders are given the larger shares.
    private static int MovesLowerBound(AssignmentRequest request)
    {
        var count = request.Partitions().Count();
        var held = request.Members
            .Select(member => request.Current.Count(pair => pair.Value == member.Id && pair.Key.Partition < count))
            .OrderDescending().ToList();
        return held.Select((has, index) =>
            Math.Max(0, has - (count / held.Count + (index < count % held.Count ? 1 : 0)))).Sum();
    }

    private static int SumOfSquares(IReadOnlyDictionary<TopicPartition, string> assignment) =>
        assignment.GroupBy(pair => pair.Value).Sum(owned => owned.Count() * owned.Count());

    private static IEnumerable<IReadOnlyDictionary<TopicPartition, string>> Everything(AssignmentRequest request)
    {
        var choices = request.Partitions()
            .Select(at => (At: at, Owners: request.Members.Where(member => member.Topics.Contains(at.Topic)).ToList()))
            .Where(choice => choice.Owners.Count > 0).ToList();
        var total = choices.Aggregate(1, (product, choice) => product * choice.Owners.Count);
        for (var number = 0; number < total; number++)
        {
            var rest = number;
            var assignment = new SortedDictionary<TopicPartition, string>();
            foreach (var (at, owners) in choices)
            {
                assignment.Add(at, owners[rest % owners.Count].Id);
                rest /= owners.Count;
            }

            yield return assignment;
        }
    }
}
