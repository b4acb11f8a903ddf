using Serverless.Core.Storage;

namespace Serverless.Core.Groups;

/// <summary>Rows of a group that are its consumer's own: they change in the same transaction as its offsets.</summary>
/// <remarks>At <c>x|key</c> in the group's partition, behind all that the group itself has there. They go when the group is deleted.</remarks>
public static class EffectRows
{
    /// <summary>Rows that one step may change beside offsets.</summary>
    public const int ActionsMax = 90;

    /// <summary>Bytes of them on the wire; the rest of a transaction is left to the group's own rows.</summary>
    public const long BytesMax = 3 * 1024 * 1024;

    internal const string Prefix = "x|";

    /// <summary>Longer keys do not fit once they are encoded.</summary>
    public const int KeyCharsMax = 100;

    /// <summary>Where a row of this key is.</summary>
    public static RowKey KeyOf(string group, string key) => new(KeyEncoding.Encode(group), Prefix + KeyEncoding.Encode(key));

    /// <summary>Whether they can be stored together.</summary>
    /// <exception cref="InvariantException">A column is none that can be stored.</exception>
    internal static bool Fit(string group, IReadOnlyCollection<RowAction> actions)
    {
        foreach (var action in actions)
        {
            RowSize.Columns(action.Columns ?? new Dictionary<string, object>());
        }

        return actions.Sum(action => RowSize.OnTheWire(KeyEncoding.Encode(group), action)) <= BytesMax;
    }

    /// <summary>All rows whose keys begin with a text.</summary>
    internal static RowQuery All(string group, int take) => RowQuery.Prefix(KeyEncoding.Encode(group), Prefix, take);
}
