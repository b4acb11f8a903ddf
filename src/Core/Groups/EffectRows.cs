using Serverless.Core.Storage;

namespace Serverless.Core.Groups;

/// <summary>Rows of a group that are its consumer's own: they change in the same transaction as its offsets.</summary>
/// <remarks>At <c>x|key</c> in the group's partition, behind all that the group itself has there. They go when the group is deleted.</remarks>
public static class EffectRows
{
    /// <summary>Rows that one step may change beside offsets.</summary>
    public const int ActionsMax = 90;

    internal const string Prefix = "x|";

    /// <summary>Longer keys do not fit once they are encoded.</summary>
    public const int KeyCharsMax = 100;

    /// <summary>Where a row of this key is.</summary>
    public static RowKey KeyOf(string group, string key) => new(KeyEncoding.Encode(group), Prefix + KeyEncoding.Encode(key));

    /// <summary>All rows whose keys begin with a text.</summary>
    internal static RowQuery All(string group, int take) => RowQuery.Prefix(KeyEncoding.Encode(group), Prefix, take);
}
