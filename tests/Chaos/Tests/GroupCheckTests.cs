using Serverless.Chaos.Checks;
using Serverless.Chaos.History;
using static Serverless.Chaos.Tests.Story;

namespace Serverless.Chaos.Tests;

public sealed class GroupCheckTests
{
    private static readonly Seen[] All = [Record("a", 0), Record("b", 1), Record("c", 2), Record("d", 3)];

    private static readonly Dictionary<string, (string Names, Func<Story> Tell)> Broken = new()
    {
        ["another commits what a member has and goes on with"] = ("G1", () => Group()
            .Polls("m1", All[..2]).Joins("m2").Polls("m2", All[..3]).Commits("m2", 3).Polls("m1", All[2..])),
        ["an overwritten commit is read"] = ("G3", () => Group().Polls("m1", All).Commits("m1", 1).Commits("m1", 2).SeesCommit(1)),
        ["a commit is not to be seen"] = ("G3", () => Group().Polls("m1", All).Commits("m1", 1).SeesCommit(null)),
        ["a commit of nobody is read"] = ("G3", () => Group().Polls("m1", All).SeesCommit(2)),
        ["a refused commit is read"] = ("G3", () => Group().Polls("m1", All).Commits("m1", 2, Outcome.Fail).SeesCommit(2)),
        ["a commit of at most once goes back"] = ("G3", () => Group(Delivery.AtMostOnce).Polls("m1", All).SeesCommit(3)),
        ["a poll skips a record"] = ("G4 G8", () => Group().Polls("m1", All[..1]).Polls("m1", All[2..])),
        ["a poll leaves a record out"] = ("G4 G8", () => Group().Polls("m1", All[0], All[1], All[3])),
        ["a poll goes back within a generation"] = ("G4", () => Group()
            .Beats("m1", 1).Polls("m1", All[..1]).Commits("m1", 1).Polls("m1", All[1..]).Polls("m1", All[1..]).Beats("m1", 1)),
        ["a new member begins elsewhere than at the commit"] = ("G4", () => Group()
            .Polls("m1", All).Commits("m1", 1).Joins("m2").Polls("m2", All[2..])),
        ["what came to nobody is committed"] = ("G5 G8", () => Group().Polls("m1", All[..2]).Commits("m1", 4)),
        ["a record of at most once comes twice"] = ("G5", () => Group(Delivery.AtMostOnce)
            .Polls("m1", All).Joins("m2").Polls("m2", All[3])),
        ["a partition has two owners"] = ("G6", () => Started().Group(owners: [("m1", [Orders]), ("m2", [Orders])]).Polls("m1", All)),
        ["a partition has no owner"] = ("G6", () => Started().Group(owners: [("m1", [])]).Polls("m1", All)),
        ["a generation falls"] = ("G7", () => Group().Beats("m1", 2).Polls("m1", All).Beats("m1", 1)),
        ["a group settles too late"] = ("G8", () => Started().Group(settledAfterSeconds: 131).Polls("m1", All)),
        ["a record never comes"] = ("G8", () => Group().Polls("m1", All[..3])),
        ["an error is no error of the contract"] = ("A2", () => Group()
            .Polls("m1", All).Add("m1", Outcome.Info, new Poll("billing", "m1", []), 500, 500)),
        ["a request that is in order is refused"] = ("A2", () => Group()
            .Polls("m1", All).Add("m1", Outcome.Fail, new Poll("billing", "m1", []), 422, 422)),
        ["a read that is repeated gives another record"] = ("A3 L10", () => Group().Polls("m1", All)
            .Reads(0, All[0]).Add("reader", Outcome.Ok, new Read(Orders, 0, null, [All[0] with { Timestamp = 9 }]), repeats: true)),
        ["a commit that is repeated stores another"] = ("A3", () => Group().Polls("m1", All).Commits("m1", 3)
            .Add("m1", Outcome.Ok, new Commit("billing", "m1", [new Next(Orders, 3)], [new Next(Orders, 4)]), repeats: true)),
    };

    public static TheoryData<string> Names => [.. Broken.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_breaks_a_rule_of_groups_is_found(string story) =>
        Assert.Equal(Broken[story].Names, string.Join(' ', Broken[story].Tell().Anomalies().Order(StringComparer.Ordinal)));

    [Fact]
    public void A_group_that_keeps_the_rules_has_no_anomaly()
    {
        var story = Group()
            .SeesCommit(null)
            .Beats("m1", 1).Polls("m1", All[..2]).Commits("m1", 2).SeesCommit(2)
            .Add("m1", Outcome.Ok, new Commit("billing", "m1", [new Next(Orders, 2)], [new Next(Orders, 2)]), repeats: true)
            .Commits("m1", 1, Outcome.Info).SeesCommit(2).SeesCommit(1)
            .Polls("m1", All[2..3]).Beats("m1", 1)
            // Another takes it over from its commit, commits, and leaves; the first one goes on from there.
            .Joins("m2").Polls("m2", All[1..]).Commits("m2", 3).Add("m2", Outcome.Ok, new Leave("billing", "m2"))
            .Polls("m1", All[3..]).Commits("m1", 9, Outcome.Fail).SeesCommit(3)
            .Add("m1", Outcome.Info, new Poll("billing", "m1", []), 500, 50003)
            .Reads(0, All).Add("reader", Outcome.Ok, new Read(Orders, 0, null, All[..2]), repeats: true);

        Assert.Empty(story.Anomalies());
    }

    [Fact]
    public void Who_lost_a_partition_without_a_commit_begins_where_the_log_does() =>
        Assert.Empty(Group().Beats("m1", 1).Polls("m1", All[..2]).Polls("m1", All).Beats("m1", 2).Anomalies());

    [Fact]
    public void Polls_that_commit_by_themselves_keep_the_rules()
    {
        var automatic = Group(Delivery.Auto).Polls("m1", All[..2]).SeesCommit(null).Polls("m1", All[2..]).SeesCommit(2).SeesCommit(4);
        var atMostOnce = Group(Delivery.AtMostOnce).Polls("m1", All[..2]).SeesCommit(2).Joins("m2").Polls("m2", All[3..]).SeesCommit(4);

        Assert.Empty(automatic.Anomalies());
        Assert.Empty(atMostOnce.Anomalies());
    }

    // Four records, and a member that has joined.
    private static Story Started() => new Story()
        .Sends("p", Outcome.Ok, ("a", 0), ("b", 1), ("c", 2), ("d", 3)).Log("a", "b", "c", "d").Joins("m1");

    private static Story Group(Delivery delivery = Delivery.Manual) => Started().Group(delivery);
}
