using Serverless.Core.Storage;

namespace Serverless.Core.Groups.Rows;

/// <summary>Rows of the partition that lists groups: <c>all|group</c> while it exists, <c>live|group</c> while it may have instances.</summary>
/// <remarks>
/// Written before the first instance of a group, so that no instance is hidden from the sweep. Who creates an instance
/// touches both rows: one that is about to be removed as useless then has another ETag.
/// </remarks>
public sealed record IndexRow(string Group, DateTimeOffset TouchedAt)
{
    /// <summary>No group has this partition key: <see cref="KeyEncoding"/> never gives a bar.</summary>
    public const string Partition = "|groups";

    public const string AllPrefix = "all|";
    public const string LivePrefix = "live|";

    public static string AllKey(string group) => AllPrefix + KeyEncoding.Encode(group);

    public static string LiveKey(string group) => LivePrefix + KeyEncoding.Encode(group);

    public IReadOnlyDictionary<string, object> Encode() => new Dictionary<string, object>
    {
        ["name"] = Group,
        ["touchedAt"] = TouchedAt.ToUnixTimeMilliseconds(),
    };

    public static IndexRow Decode(IReadOnlyDictionary<string, object> columns) =>
        new((string)columns["name"], DateTimeOffset.FromUnixTimeMilliseconds((long)columns["touchedAt"]));
}
