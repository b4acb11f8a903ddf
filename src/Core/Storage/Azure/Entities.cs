using Azure;
using Azure.Data.Tables;

namespace Serverless.Core.Storage.Azure;

/// <summary>Rows and actions as the SDK's entities, and back.</summary>
internal static class Entities
{
    /// <summary>An OData filter; its values are escaped, so that no key can say more than a key.</summary>
    public static string Filter(RowQuery query) => (query.From, query.To) switch
    {
        (null, null) => TableClient.CreateQueryFilter($"PartitionKey eq {query.Partition}"),
        ({ } from, null) =>
            TableClient.CreateQueryFilter($"PartitionKey eq {query.Partition} and RowKey ge {from}"),
        (null, { } to) =>
            TableClient.CreateQueryFilter($"PartitionKey eq {query.Partition} and RowKey lt {to}"),
        var (from, to) => TableClient.CreateQueryFilter(
            $"PartitionKey eq {query.Partition} and RowKey ge {from} and RowKey lt {to}"),
    };

    public static TableTransactionAction Action(string partition, RowAction action) => action.Kind switch
    {
        RowActionKind.Insert => new(TableTransactionActionType.Add, Of(partition, action)),
        RowActionKind.Replace => new(
            TableTransactionActionType.UpdateReplace, Of(partition, action), new ETag(action.ETag!)),
        _ => new(TableTransactionActionType.Delete, new TableEntity(partition, action.Row), new ETag(action.ETag!)),
    };

    public static TableEntity Of(string partition, RowAction action)
    {
        var entity = new TableEntity(partition, action.Row);
        foreach (var (name, value) in action.Columns!)
        {
            entity.Add(name, value is DateTimeOffset moment ? moment.ToUniversalTime() : value);
        }

        return entity;
    }

    public static StoredRow ToRow(TableEntity entity)
    {
        var columns = new Dictionary<string, object>(entity.Count, StringComparer.Ordinal);
        foreach (var (name, value) in entity)
        {
            if (name is not ("PartitionKey" or "RowKey" or "Timestamp" or "odata.etag"))
            {
                columns.Add(name, value);
            }
        }

        return new(new(entity.PartitionKey, entity.RowKey), entity.ETag.ToString(), columns);
    }
}
