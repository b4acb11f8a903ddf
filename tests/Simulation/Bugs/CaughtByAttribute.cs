namespace Serverless.Simulation.Bugs;

/// <summary>The guarantees that a planted bug breaks: one of them must be what catches it.</summary>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class CaughtByAttribute(params string[] names) : Attribute
{
    public IReadOnlyList<string> Names { get; } = names;
}
