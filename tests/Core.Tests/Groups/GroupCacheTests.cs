using System.Collections.Immutable;
using Serverless.Core.Groups;
using Serverless.Core.Groups.Rows;
using Xunit;

namespace Serverless.Core.Tests.Groups;

public sealed class GroupCacheTests
{
    private readonly GroupCache _cache = new(groupsMax: 2);

    [Fact]
    public void What_was_asked_for_later_is_kept()
    {
        _cache.Keep(Read(epoch: 3, at: 2));
        _cache.Keep(Read(epoch: 3, at: 1));

        Assert.Equal(2, _cache.Find("g")!.ReadAt);
    }

    [Fact]
    public void A_higher_epoch_is_kept_though_it_was_asked_for_earlier()
    {
        _cache.Keep(Read(epoch: 3, at: 2));
        _cache.Keep(Read(epoch: 4, at: 1));

        Assert.Equal(4, _cache.Find("g")!.Group!.Value.Row.Epoch);
    }

    // Seed 2871: the static member's former instance and its new one were both there, and the next rebalance threw.
    [Fact]
    public void A_change_that_was_decided_on_newer_rows_than_are_remembered_leaves_a_whole_group()
    {
        var former = Member("c1", "i1");
        var taken = Member("c2", "i2");
        _cache.Keep(With(Read(epoch: 1, at: 2), former));
        var draft = new GroupDraft(With(Read(epoch: 2, at: 1), taken));
        draft.Put(draft.Group with { Epoch = 3 });
        draft.Put(taken with { SeenEpoch = 3 });

        _cache.Apply(draft, ["etag2", "etag3"]);

        var kept = _cache.Find("g")!;
        Assert.True(kept.IsWhole());
        Assert.Equal((3, "c2"), (kept.Group!.Value.Row.Epoch, Assert.Single(kept.Consumers).Key));
    }

    private static ConsumerRow Member(string name, string incarnation) =>
        new(name, name, new ConsumerSettings { GroupInstanceId = "s" }) { Incarnation = incarnation };

    private static GroupState With(GroupState state, ConsumerRow member) => state with
    {
        Group = new(
            state.Group!.Value.Row with
            {
                Target = new GroupTarget(
                    [], [new(member.MemberId, member.Incarnation)], ImmutableSortedDictionary<TopicPartition, string>.Empty),
            },
            "etag"),
        Consumers = state.Consumers.SetItem(member.Name, new(member, "etag")),
    };

    private static GroupState Read(int epoch, long at) =>
        new("g") { Group = new(new GroupRow("g") { Epoch = epoch }, "etag"), ReadAt = at };
}
