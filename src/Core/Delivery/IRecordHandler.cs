using Serverless.Core.Effects;
using Serverless.Core.Groups;
using Serverless.Core.Storage;

namespace Serverless.Core.Delivery;

/// <summary>A class of the service that is given a group's records. Registered as a service; a delivery finds it by its name.</summary>
/// <remarks>
/// A batch is handled when this returns; where it throws, the same batch comes again. What it does to <see cref="HandlerContext"/>'s rows
/// happens in the transaction that moves the group's offset on, and so exactly once. For effects elsewhere there are
/// <see cref="HandlerContext.Key"/>, which is the same for every attempt at the batch, and <see cref="HandlerContext.Effects"/>.
/// </remarks>
public interface IRecordHandler
{
    string Name { get; }

    ValueTask HandleAsync(
        IReadOnlyList<DeliveredRecord> records, HandlerContext context, CancellationToken cancellationToken);
}

/// <summary>One batch of one partition as its handler sees it, and the rows that change with its offset.</summary>
public sealed class HandlerContext
{
    private readonly IRowStore _rows;
    private readonly string _group;
    private readonly Dictionary<string, RowAction> _actions = new(StringComparer.Ordinal);

    /// <summary>For a handler's tests; deliveries make their own.</summary>
    public HandlerContext(IRowStore rows, EffectScope effects, string group, TopicPartition at, string key, int attempt)
    {
        (_rows, _group) = (rows, group);
        (Effects, At, Key, Attempt) = (effects, at, key, attempt);
    }

    public string Group => _group;

    public TopicPartition At { get; }

    /// <summary>The idempotency key of the batch.</summary>
    public string Key { get; }

    public int Attempt { get; }

    /// <summary>The ledger of effects outside of the log, in the group's own scope.</summary>
    public EffectScope Effects { get; }

    internal IReadOnlyList<RowAction> Actions => [.. _actions.Values.OrderBy(action => action.Row, StringComparer.Ordinal)];

    /// <summary>A row of the group's own as storage has it; null where there is none. What this batch sets does not show.</summary>
    /// <param name="name">At most 100 characters. Rows are the group's: batches of other partitions have the same.</param>
    public async ValueTask<HandlerRow?> FindAsync(string name, CancellationToken cancellationToken)
    {
        var read = await _rows.GetAsync(Layout.GroupsTable, EffectRows.KeyOf(_group, Checked(name)), cancellationToken);
        return read.Row is { } row ? new HandlerRow(name, row.Columns, row.ETag) : null;
    }

    /// <summary>Sets a row when the batch is done: a new one, or in place of the one that was found. Where it has changed meanwhile, or
    /// been made, the batch is handled again.</summary>
    /// <remarks>What storage does not take is refused here, so that it counts as a failed attempt.</remarks>
    public void Set(string name, HandlerRow? found, IReadOnlyDictionary<string, object> columns)
    {
        var row = EffectRows.KeyOf(_group, Checked(name)).Row;
        Put(found is null ? RowAction.Insert(row, columns) : RowAction.Replace(row, columns, found.ETag));
    }

    /// <summary>Removes a row when the batch is done.</summary>
    public void Delete(HandlerRow found) => Put(RowAction.Delete(EffectRows.KeyOf(_group, found.Name).Row, found.ETag));

    private void Put(RowAction action)
    {
        _actions[action.Row] = action;
        if (_actions.Count > EffectRows.ActionsMax || !EffectRows.Fit(_group, _actions.Values))
        {
            throw new InvalidOperationException(
                $"One batch changes at most {EffectRows.ActionsMax} rows, of {EffectRows.BytesMax} bytes with all that is around them.");
        }
    }

    private static string Checked(string name) => name.Length is > 0 and <= EffectRows.KeyCharsMax
        ? name
        : throw new ArgumentException($"The name of a row has 1 to {EffectRows.KeyCharsMax} characters.", nameof(name));
}

/// <summary>A row that a handler has read. Columns hold string, int, long, bool, double, DateTimeOffset or byte[].</summary>
public sealed record HandlerRow(string Name, IReadOnlyDictionary<string, object> Columns, string ETag);
