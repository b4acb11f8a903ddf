namespace Serverless.Core.Groups.Assignors;

/// <summary>The assignors by the names that consumers ask for.</summary>
/// <remarks>
/// Upholds <b>valid assignment</b>: each partition goes to exactly one member that subscribes to its topic, or to none
/// where nobody does. All are pure and order everything by ordinals, so that every instance comes to the same.
/// </remarks>
public static class Assignor
{
    public const string Uniform = "uniform";
    public const string Range = "range";
    public const string RoundRobin = "roundrobin";

    public static bool IsKnown(string name) => name is Uniform or Range or RoundRobin;

    public static SortedDictionary<TopicPartition, string> Assign(string name, AssignmentRequest request) => name switch
    {
        Uniform => UniformAssignor.Assign(request),
        Range => RangeAssignor.Assign(request),
        RoundRobin => RoundRobinAssignor.Assign(request),
        _ => throw new InvariantException($"No such assignor: {name}"),
    };
}
