using System.Collections.Immutable;
using Serverless.Core.Groups;
using Serverless.Core.Groups.Rows;
using Xunit;

namespace Serverless.Core.Tests.Groups;

/// <summary>Rows that were not read at one moment: what shows it, and that nothing is decided on them.</summary>
public sealed class GroupStateTests
{
    private static readonly TopicPartition At = new("t", 0);

    private static readonly ConsumerRow Member = new("c", "id", new ConsumerSettings()) { Incarnation = "i1", JoinedEpoch = 3 };

    private static readonly GroupState Whole = State(epoch: 3, member: Member, claimedAt: 3, owner: "i1");

    [Fact]
    public void Rows_that_agree_are_whole() => Assert.True(Whole.IsWhole());

    [Fact]
    public void A_member_that_the_target_does_not_know_shows() =>
        Assert.False((Whole with { Group = new(new GroupRow("g") { Epoch = 3 }, "e") }).IsWhole());

    [Fact]
    public void A_member_whose_row_was_read_too_early_shows() =>
        Assert.False(State(epoch: 3, member: Member with { Incarnation = "older" }, claimedAt: 3, owner: "i1", target: "i1").IsWhole());

    [Fact]
    public void A_claim_at_a_later_epoch_shows() =>
        Assert.False(State(epoch: 3, member: Member, claimedAt: 4, owner: "unknown").IsWhole());

    [Fact]
    public void An_owner_of_a_later_epoch_is_not_taken_for_gone()
    {
        var draft = new GroupDraft(State(epoch: 3, member: Member, claimedAt: 4, owner: "unknown"));

        Assert.Throws<StaleStateException>(() =>
            Commits.Commit(draft, Member, "id", new GroupOffset(At, 1), default));
        Assert.Throws<StaleStateException>(() =>
            Reconciliation.PlanFor(draft, Member, Topics(), ReleaseMode.Everything, NoFates, default));
    }

    [Fact]
    public void An_owner_that_is_no_member_is_gone()
    {
        var draft = new GroupDraft(State(epoch: 3, member: Member, claimedAt: 3, owner: "gone"));

        var plan = Reconciliation.PlanFor(draft, Member, Topics(), ReleaseMode.Everything, NoFates, default);

        Assert.Equal(("i1", 3), (Assert.Single(plan.Claims).Owner, plan.Claims[0].AssignmentEpoch));
    }

    [Fact]
    public void Nothing_is_claimed_at_an_epoch_before_the_member_joined() => Assert.Throws<StaleStateException>(() =>
        Reconciliation.PlanFor(
            new GroupDraft(Whole), Member with { JoinedEpoch = 4 }, Topics(), ReleaseMode.Everything, NoFates, default));

    // No row here has an offset that waits, so nobody is asked.
    private static PendingFates NoFates { get; } = new(null!);

    private static TopicList Topics() => new([new("t", "id", 1, Core.Topics.TopicSettings.Default)]);

    private static GroupState State(int epoch, ConsumerRow member, int claimedAt, string owner, string? target = null) => new("g")
    {
        Group = new(
            new GroupRow("g")
            {
                Epoch = epoch,
                Target = new GroupTarget(
                    [new("t", "id", 1, 1)], [new("c:c", target ?? member.Incarnation)],
                    ImmutableSortedDictionary<TopicPartition, string>.Empty.Add(At, "c:c")),
            },
            "e1"),
        Consumers = ImmutableSortedDictionary.Create<string, Versioned<ConsumerRow>>(StringComparer.Ordinal)
            .Add("c", new(member, "e2")),
        Partitions = ImmutableSortedDictionary<TopicPartition, Versioned<PartitionRow>>.Empty
            .Add(At, new(new PartitionRow(At) { TopicId = "id", Owner = owner, AssignmentEpoch = claimedAt }, "e3")),
    };
}
