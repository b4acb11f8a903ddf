using Serverless.Chaos.History;
using static Serverless.Chaos.Tests.Story;

namespace Serverless.Chaos.Tests;

public sealed class LogCheckTests
{
    private static readonly At Side = new("side", 0);

    private static readonly Dictionary<string, (string Names, Func<Story> Tell)> Broken = new()
    {
        ["an acknowledged record is nowhere"] = ("L1", () => new Story().Sends("p", Outcome.Ok, ("a", 0)).Log(Array.Empty<string>())),
        ["a record that was read is not there in the end"] = ("L1", () => new Story()
            .Sends("p", Outcome.Info, ("a", -1)).Reads(0, Record("a", 0)).Log(Array.Empty<string>())),
        ["a value is there twice"] = ("L2", () => new Story().Sends("p", Outcome.Info, ("a", -1)).Log("a", "a")),
        ["an acknowledged record is elsewhere"] = ("L3", () => new Story()
            .Sends("p", Outcome.Ok, ("a", 0)).Sends("q", Outcome.Info, ("b", -1)).Log("b", "a")),
        ["an offset was another record before"] = ("L1 L3", () => new Story()
            .Sends("p", Outcome.Info, ("a", -1)).Sends("p", Outcome.Info, ("b", -1)).Reads(0, Record("a", 0)).Log("b")),
        ["nobody sent it"] = ("L4", () => new Story().Log("a")),
        ["it was refused and is there"] = ("A1 L4", () => new Story()
            .Add("p", Outcome.Fail, new Produce("orders", [new Sent(0, "a", Outcome.Fail, -1)]), 200, 0).Log("a")),
        ["it went to another partition"] = ("L4", () => new Story()
            .Add("p", Outcome.Info, new Produce("orders", [new Sent(1, "a", Outcome.Info, -1)])).Log("a")),
        ["half a batch is there"] = ("L5", () => new Story().Sends("p", Outcome.Info, ("a", -1), ("b", -1)).Log("a")),
        ["another record stands within a batch"] = ("L5", () => new Story()
            .Sends("p", Outcome.Info, ("a", -1), ("b", -1)).Sends("q", Outcome.Info, ("c", -1)).Log("a", "c", "b")),
        ["a batch is the wrong way round"] = ("L5", () => new Story().Sends("p", Outcome.Info, ("a", -1), ("b", -1)).Log("b", "a")),
        ["an offset is missing"] = ("L6", () => new Story()
            .Sends("p", Outcome.Info, ("a", -1)).Sends("p", Outcome.Info, ("b", -1)).Log(Record("a", 0), Record("b", 2))),
        ["the end lies behind the last record"] = ("L6", () => new Story().Sends("p", Outcome.Info, ("a", -1)).SeesEnd(2).Log("a")),
        ["a read leaves a record out"] = ("L6", () => new Story()
            .Sends("p", Outcome.Ok, ("a", 0), ("b", 1), ("c", 2)).Reads(0, Record("a", 0), Record("c", 2)).Log("a", "b", "c")),
        ["a producer's later record stands before its earlier one"] = ("L7 L8", () => new Story()
            .Sends("p", Outcome.Ok, ("a", 1)).Sends("p", Outcome.Ok, ("b", 0)).Log("b", "a")),
        ["a later record of another stands before an earlier one"] = ("L8", () => new Story()
            .Sends("p", Outcome.Ok, ("a", 1)).Sends("q", Outcome.Ok, ("b", 0)).Log("b", "a")),
        ["an end leaves out what was acknowledged before"] = ("L8", () => new Story()
            .Sends("p", Outcome.Ok, ("a", 0)).SeesEnd(0).Log("a")),
        ["a read by time begins too late"] = ("L8", () => new Story()
            .Sends("p", Outcome.Ok, ("a", 0), ("b", 1)).Reads(0, Record("a", 0), Record("b", 1)).ReadsFromTime(0, Record("b", 1)).Log("a", "b")),
        ["an end falls"] = ("L9", () => new Story().Sends("p", Outcome.Info, ("a", -1)).SeesEnd(1).SeesEnd(0).Log("a")),
        ["a beginning falls"] = ("L9", () => new Story().Sends("p", Outcome.Info, ("a", -1)).SeesEnd(1, begin: 1).SeesEnd(1).Log("a")),
        ["a record's time changes"] = ("L10", () => new Story()
            .Sends("p", Outcome.Info, ("a", -1)).Reads(0, Record("a", 0) with { Timestamp = 7 }).Log("a")),
        ["a record is torn"] = ("L1 L13 L3", () => new Story().Sends("p", Outcome.Ok, ("a", 0)).Log(Record(null, 0))),
        ["a whole answer cannot be read"] = ("L13", () => new Story()
            .Add("p", Outcome.Info, new Produce("orders", [new Sent(0, "a", Outcome.Info, -1)]), 200, -1).Log("a")),
        ["nothing is given where a record is"] = ("L14", () => new Story().Sends("p", Outcome.Ok, ("a", 0)).Reads(0).Log("a")),
        ["nothing is given where the log never came"] = ("L14", () => new Story().Reads(5).Log(Array.Empty<string>())),
        ["a topic that is there is refused"] = ("A1", () => new Story()
            .Add("t", Outcome.Ok, new MakeTopic("side", 1))
            .Add("t", Outcome.Fail, new Produce("side", [new Sent(0, "a", Outcome.Fail, -1)]), 404, 40401)),
        ["a side topic loses a record"] = ("L1", () => new Story()
            .Add("t", Outcome.Ok, new MakeTopic("side", 1)).Add("t", Outcome.Ok, new Produce("side", [new Sent(0, "a", Outcome.Ok, 0)]))
            .Add("t", Outcome.Ok, new Read(Side, 0, null, []))),
        ["a side topic leaves a record out"] = ("L6", () => new Story()
            .Add("t", Outcome.Ok, new MakeTopic("side", 1)).Add("t", Outcome.Ok, new Read(Side, 0, null, [new Seen(Side, 1, "b", 0)]))),
        ["a side topic has another record"] = ("L3", () => new Story()
            .Add("t", Outcome.Ok, new MakeTopic("side", 1)).Add("t", Outcome.Ok, new Produce("side", [new Sent(0, "a", Outcome.Ok, 0)]))
            .Add("t", Outcome.Ok, new Read(Side, 0, null, [new Seen(Side, 0, "b", 0)])).Add("t", Outcome.Ok, new Read(Side, 1, null, []))),
        ["a topic shows its former life too long"] = ("L3", () => new Story()
            .Add("t", Outcome.Ok, new MakeTopic("side", 1)).Add("t", Outcome.Ok, new Produce("side", [new Sent(0, "a", Outcome.Ok, 0)]))
            .Add("t", Outcome.Ok, new DropTopic("side", 1)).Add("t", Outcome.Ok, new MakeTopic("side", 2))
            .Add("t", Outcome.Ok, new Produce("side", [new Sent(0, "b", Outcome.Ok, 0)]))
            .Add("t", Outcome.Ok, new Read(Side, 0, null, [new Seen(Side, 0, "a", 0)]), after: 6_000_000)
            .Add("t", Outcome.Ok, new Read(Side, 1, null, []))),
        ["a topic cannot be made"] = ("D1", () => new Story().Add("t", Outcome.Fail, new MakeTopic("side", 1), 400, 40002)),
        ["a deleted topic takes records"] = ("D2", () => new Story()
            .Add("t", Outcome.Ok, new MakeTopic("side", 1)).Add("t", Outcome.Ok, new DropTopic("side", 1))
            .Add("t", Outcome.Ok, new Produce("side", [new Sent(0, "a", Outcome.Ok, 0)]))),
    };

    public static TheoryData<string> Names => [.. Broken.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_breaks_a_rule_of_logs_is_found(string story) =>
        Assert.Equal(Broken[story].Names, string.Join(' ', Broken[story].Tell().Anomalies().Order(StringComparer.Ordinal)));

    [Fact]
    public void A_log_that_keeps_the_rules_has_no_anomaly()
    {
        var story = new Story()
            .Sends("p", Outcome.Ok, ("a", 0), ("b", 1))
            .Sends("q", Outcome.Info, ("c", -1), ("d", -1))
            .Sends("q", Outcome.Info, ("lost", -1))
            .SeesEnd(2)
            .Reads(1, Record("b", 1))
            .Reads(2)
            .Reads(2, Record("c", 2), Record("d", 3))
            .SeesEnd(4)
            // Two at once may stand in either order.
            .Sends("p", Outcome.Ok, ("e", 5)).Sends("q", Outcome.Ok, ("f", 4)).AtOnce()
            .ReadsFromTime(3, Record("d", 3))
            .Add("r", Outcome.Fail, new Read(Orders, 1000, null, []), 400, 40002)
            .Add("t", Outcome.Ok, new MakeTopic("side", 1))
            .Add("t", Outcome.Ok, new Produce("side", [new Sent(0, "s1", Outcome.Ok, 0)]))
            .Add("t", Outcome.Ok, new Read(Side, 0, null, [new Seen(Side, 0, "s1", 0)])).Add("t", Outcome.Ok, new Read(Side, 1, null, []))
            .Add("t", Outcome.Ok, new DropTopic("side", 1))
            .Add("t", Outcome.Fail, new Produce("side", [new Sent(0, "s2", Outcome.Fail, -1)]), 404, 40401)
            .Add("t", Outcome.Ok, new MakeTopic("side", 2))
            .Add("t", Outcome.Ok, new Produce("side", [new Sent(0, "s3", Outcome.Ok, 0)]))
            // Some host still knows the former one.
            .Add("t", Outcome.Ok, new Read(Side, 0, null, [new Seen(Side, 0, "s1", 0)])).Add("t", Outcome.Ok, new Read(Side, 1, null, []))
            .Add("t", Outcome.Info, new DropTopic("side", 2))
            .Add("t", Outcome.Info, new MakeTopic("side", 3))
            .Log("a", "b", "c", "d", "f", "e");

        Assert.Empty(story.Anomalies());
    }
}
