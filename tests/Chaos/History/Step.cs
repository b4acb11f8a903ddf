using System.Text.Json.Serialization;

namespace Serverless.Chaos.History;

/// <summary>A partition.</summary>
public readonly record struct At(string Topic, int Partition)
{
    public override string ToString() => $"{Topic}/{Partition}";
}

/// <summary>A record as a client saw it. A value of null is one that nobody could have sent: torn or mixed up.</summary>
public readonly record struct Seen(At At, long Offset, string? Value, long Timestamp);

/// <summary>A record that was to be stored, and what became of it; the offset is that of an ok one.</summary>
public readonly record struct Sent(int Partition, string Value, Outcome Outcome, long Offset);

/// <summary>The next offset of a partition in a group.</summary>
public readonly record struct Next(At At, long Offset);

/// <summary>What was asked for, and what came of it: of a step that is not ok, only what was asked counts.</summary>
[JsonDerivedType(typeof(Produce), "produce")]
[JsonDerivedType(typeof(Read), "read")]
[JsonDerivedType(typeof(Ends), "ends")]
[JsonDerivedType(typeof(Join), "join")]
[JsonDerivedType(typeof(Leave), "leave")]
[JsonDerivedType(typeof(Poll), "poll")]
[JsonDerivedType(typeof(Commit), "commit")]
[JsonDerivedType(typeof(Heartbeat), "heartbeat")]
[JsonDerivedType(typeof(Assigned), "assigned")]
[JsonDerivedType(typeof(Committed), "committed")]
[JsonDerivedType(typeof(Reset), "reset")]
[JsonDerivedType(typeof(MakeTopic), "make topic")]
[JsonDerivedType(typeof(DropTopic), "drop topic")]
[JsonDerivedType(typeof(Look), "look")]
public abstract record Step;

/// <summary>Records for one topic; those of one partition are to be one batch. Their own outcomes count, not the request's.</summary>
public sealed record Produce(string Topic, IReadOnlyList<Sent> Records) : Step;

/// <summary>A read without a consumer, from an offset or from a time on.</summary>
public sealed record Read(At At, long? Offset, long? Timestamp, IReadOnlyList<Seen> Records) : Step;

/// <summary>Where a log begins and ends.</summary>
public sealed record Ends(At At, long Begin, long End) : Step;

/// <summary>An instance was made and subscribed. Member is the instance's name and which one of that name it is.</summary>
public sealed record Join(string Group, string Member) : Step;

public sealed record Leave(string Group, string Member) : Step;

public sealed record Poll(string Group, string Member, IReadOnlyList<Seen> Records) : Step;

/// <summary>Asked is null where all that was delivered is to be committed; where that is not ok, Stored says what it would be.</summary>
public sealed record Commit(string Group, string Member, IReadOnlyList<Next>? Asked, IReadOnlyList<Next> Stored) : Step;

public sealed record Heartbeat(string Group, string Member, int Generation, IReadOnlyList<At> Partitions) : Step;

/// <summary>What a member has, as it asks without a poll.</summary>
public sealed record Assigned(string Group, string Member, IReadOnlyList<At> Partitions) : Step;

/// <summary>Committed offsets were read; what was never committed is not among those found.</summary>
public sealed record Committed(string Group, IReadOnlyList<At> Asked, IReadOnlyList<Next> Found) : Step;

/// <summary>An operator set a committed offset.</summary>
public sealed record Reset(string Group, Next To) : Step;

/// <summary>A topic of one client alone was made; Life counts the topics that it gave this name.</summary>
public sealed record MakeTopic(string Topic, int Life) : Step;

public sealed record DropTopic(string Topic, int Life) : Step;

/// <summary>A request of which nothing but its status is checked.</summary>
public sealed record Look(string What) : Step;
