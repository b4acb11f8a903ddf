using Serverless.Chaos.Checks;
using Serverless.Chaos.History;

namespace Serverless.Chaos.Tests;

/// <summary>A small history by hand: partition 0 of <c>orders</c>, and a group that consumes it. One request begins when the last has ended.</summary>
internal sealed class Story
{
    public static readonly At Orders = new("orders", 0);

    private readonly List<Operation> _operations = [];
    private readonly List<FinalGroup> _groups = [];
    private IReadOnlyList<Seen> _log = [];
    private long _now;

    /// <summary>The record at an offset; its time is its offset.</summary>
    public static Seen Record(string? value, long offset) => new(Orders, offset, value, offset);

    /// <summary>What the log holds in the end, from offset 0 on.</summary>
    public Story Log(params string[] values)
    {
        _log = [.. values.Select((value, offset) => Record(value, offset))];
        return this;
    }

    public Story Log(params Seen[] records)
    {
        _log = records;
        return this;
    }

    public Story Sends(string process, Outcome outcome, params (string Value, long Offset)[] records) => Add(
        process, outcome, new Produce("orders", [.. records.Select(record => new Sent(0, record.Value, outcome, record.Offset))]));

    public Story SeesEnd(long end, long begin = 0) => Add("reader", Outcome.Ok, new Ends(Orders, begin, end));

    public Story Reads(long from, params Seen[] records) => Add("reader", Outcome.Ok, new Read(Orders, from, null, records));

    public Story ReadsFromTime(long time, params Seen[] records) => Add("reader", Outcome.Ok, new Read(Orders, null, time, records));

    public Story Joins(string member) => Add(member, Outcome.Ok, new Join("billing", member));

    public Story Polls(string member, params Seen[] records) => Add(member, Outcome.Ok, new Poll("billing", member, records));

    public Story Commits(string member, long next, Outcome outcome = Outcome.Ok) =>
        Add(member, outcome, new Commit("billing", member, [new Next(Orders, next)], [new Next(Orders, next)]));

    public Story Beats(string member, int generation) => Add(member, Outcome.Ok, new Heartbeat("billing", member, generation, [Orders]));

    public Story SeesCommit(long? next) =>
        Add("reader", Outcome.Ok, new Committed("billing", [Orders], next is { } offset ? [new Next(Orders, offset)] : []));

    public Story Group(Delivery delivery = Delivery.Manual, int settledAfterSeconds = 1, params (string Member, At[] Partitions)[] owners)
    {
        var given = owners.Length > 0 ? owners : [("m1", [Orders])];
        _groups.Add(new FinalGroup(
            "billing", delivery, [Orders], given.ToDictionary(owner => owner.Member, owner => (IReadOnlyList<At>)owner.Partitions),
            TimeSpan.FromSeconds(settledAfterSeconds), TimeSpan.FromSeconds(130)));
        return this;
    }

    /// <param name="after">How long nothing happens before it.</param>
    public Story Add(
        string process, Outcome outcome, Step step, int? status = null, int? code = null, long after = 0, bool repeats = false)
    {
        _now += after;
        var (knownStatus, knownCode) = outcome switch { Outcome.Ok => (200, 0), Outcome.Fail => (409, 40903), _ => (0, 0) };
        _operations.Add(new Operation(
            _operations.Count, _now, _now + 1, process, "h1", outcome, status ?? knownStatus, code ?? knownCode, step,
            repeats ? _operations.Count - 1 : null));
        _now += 2;
        return this;
    }

    /// <summary>The last request began as the one before it did: they ran at once.</summary>
    public Story AtOnce()
    {
        _operations[^1] = _operations[^1] with { Invoked = _operations[^2].Invoked };
        return this;
    }

    public IEnumerable<string> Anomalies() => Checkers.Check(
        new Evidence(_operations, new Dictionary<At, IReadOnlyList<Seen>> { [Orders] = _log }, _groups))
        .Select(anomaly => anomaly.Name).Distinct();
}
