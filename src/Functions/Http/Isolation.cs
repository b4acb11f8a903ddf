using Serverless.Core.Groups;

namespace Serverless.Functions.Http;

/// <summary>The query parameter <c>isolation_level</c> (section 5.4 of the HTTP contract).</summary>
internal static class Isolation
{
    public const string Name = "isolation_level";

    public static IsolationLevel Of(Query query) => query.Text(Name) switch
    {
        null or "read_uncommitted" => IsolationLevel.ReadUncommitted,
        "read_committed" => IsolationLevel.ReadCommitted,
        _ => throw Query.Bad($"Query parameter {Name} must be read_uncommitted or read_committed."),
    };
}
