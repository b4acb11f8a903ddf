using System.Net;
using Azure;
using Azure.Data.Tables;

namespace Serverless.Core.Storage.Azure;

/// <summary>Rows of Azure Table Storage.</summary>
/// <param name="mutations">Sends once.</param>
/// <param name="reads">Retries. Makes tables too, as that may be done any number of times.</param>
/// <param name="prefix">Put before each table's name.</param>
internal sealed class AzureRowStore(TableServiceClient mutations, TableServiceClient reads, string prefix) : IRowStore
{
    // Azure: rows in one page of a query.
    private const int PageRowsMax = 1000;

    public async ValueTask<RowRead> GetAsync(string table, RowKey key, CancellationToken cancellationToken)
    {
        StorageRules.Get(table, key);
        try
        {
            var found = await reads.GetTableClient(prefix + table).GetEntityIfExistsAsync<TableEntity>(
                key.Partition, key.Row, cancellationToken: cancellationToken);
            return new(found.HasValue ? Entities.ToRow(found.Value!) : null, ReplyClock.Of(found.GetRawResponse()));
        }
        catch (Exception e) when (AzureErrors.OfRead(e, cancellationToken) is { } failure)
        {
            throw failure;
        }
    }

    public async ValueTask<RowPage> QueryAsync(string table, RowQuery query, CancellationToken cancellationToken)
    {
        StorageRules.Query(table, query);

        // One more than is wanted tells whether there are more: a continuation token alone does not promise any.
        var wanted = (int)Math.Min(query.Take + 1L, PageRowsMax);
        var rows = new List<StoredRow>();
        DateTimeOffset? servedAt = null;
        try
        {
            var pages = reads.GetTableClient(prefix + table)
                .QueryAsync<TableEntity>(Entities.Filter(query), wanted, cancellationToken: cancellationToken)
                .AsPages();
            await foreach (var page in pages)
            {
                // The first page's: what a later one was read at says nothing about the rows of this one.
                servedAt ??= ReplyClock.Of(page.GetRawResponse());
                rows.AddRange(page.Values.Select(Entities.ToRow));
                if (rows.Count > query.Take)
                {
                    return new(rows[..query.Take], true, servedAt.Value);
                }
            }

            return new(rows, false, servedAt.GetValueOrDefault());
        }
        catch (RequestFailedException e) when (e.Is(HttpStatusCode.NotFound, AzureErrors.TableNotFound))
        {
            return new([], false, ReplyClock.Of(e.GetRawResponse()));
        }
        catch (Exception e) when (AzureErrors.OfRead(e, cancellationToken) is { } failure)
        {
            throw failure;
        }
    }

    public async ValueTask<SubmitResult> SubmitAsync(
        string table, string partition, IReadOnlyList<RowAction> actions, CancellationToken cancellationToken)
    {
        StorageRules.Submit(table, partition, actions);

        // Where the table is missing nothing was done; this is not a retry of something that may have been.
        return await TrySubmitAsync(table, partition, actions, cancellationToken)
            ?? await SubmitWithTableAsync(table, partition, actions, cancellationToken);
    }

    private async ValueTask<SubmitResult> SubmitWithTableAsync(
        string table, string partition, IReadOnlyList<RowAction> actions, CancellationToken cancellationToken)
    {
        try
        {
            await reads.CreateTableIfNotExistsAsync(prefix + table, cancellationToken);
        }
        catch (Exception e) when (AzureErrors.OfRead(e, cancellationToken) is { } failure)
        {
            throw failure;
        }

        return await TrySubmitAsync(table, partition, actions, cancellationToken)
            ?? throw new StorageException("The table is being deleted.", retriable: true);
    }

    /// <summary>Null where there is no table.</summary>
    private async ValueTask<SubmitResult?> TrySubmitAsync(
        string table, string partition, IReadOnlyList<RowAction> actions, CancellationToken cancellationToken)
    {
        var clock = new ReplyClock();
        using var watching = clock.Watch();
        var client = mutations.GetTableClient(prefix + table);
        try
        {
            var etags = actions.Count == 1
                ? await SubmitOneAsync(client, partition, actions[0], cancellationToken)
                : await SubmitManyAsync(client, partition, actions, cancellationToken);
            return etags is null
                ? new(SubmitOutcome.Conflict, [], clock.ServedAt)
                : new(SubmitOutcome.Committed, etags, clock.ServedAt);
        }
        catch (RequestFailedException e) when (e.Is(HttpStatusCode.NotFound, AzureErrors.TableNotFound))
        {
            return null;
        }
        catch (RequestFailedException e) when (IsConflict(e))
        {
            return new(SubmitOutcome.Conflict, [], clock.ServedAt);
        }
        catch (Exception e) when (AzureErrors.LeavesUnknown(e, cancellationToken))
        {
            return new(SubmitOutcome.Unknown, [], clock.ServedAt);
        }
        catch (RequestFailedException e)
        {
            throw AzureErrors.Refused(e);
        }
    }

    /// <summary>Null on a conflict that the SDK does not take for a failure.</summary>
    private static async ValueTask<string?[]?> SubmitOneAsync(
        TableClient client, string partition, RowAction action, CancellationToken cancellationToken)
    {
        var response = action.Kind switch
        {
            RowActionKind.Insert =>
                await client.AddEntityAsync(Entities.Of(partition, action), cancellationToken),
            RowActionKind.Replace => await client.UpdateEntityAsync(
                Entities.Of(partition, action), new ETag(action.ETag!), TableUpdateMode.Replace, cancellationToken),
            _ => await client.DeleteEntityAsync(partition, action.Row, new ETag(action.ETag!), cancellationToken),
        };

        // The SDK takes a deletion of what is not there for done. To us it is a row that is not as expected.
        return response.Status == (int)HttpStatusCode.NotFound ? null : [ETagOf(action, response)];
    }

    private static async ValueTask<string?[]> SubmitManyAsync(
        TableClient client, string partition, IReadOnlyList<RowAction> actions, CancellationToken cancellationToken)
    {
        var response = await client.SubmitTransactionAsync(
            actions.Select(action => Entities.Action(partition, action)), cancellationToken);
        return [.. actions.Zip(response.Value, ETagOf)];
    }

    // Single or inside a transaction: the SDK gives the status and code of the action that was refused.
    private static bool IsConflict(RequestFailedException e) =>
        e.Is(HttpStatusCode.Conflict, AzureErrors.EntityAlreadyExists)
        || e.Is(HttpStatusCode.PreconditionFailed, AzureErrors.UpdateConditionNotSatisfied, AzureErrors.ConditionNotMet)
        || e.Is(HttpStatusCode.NotFound, AzureErrors.ResourceNotFound, AzureErrors.EntityNotFound);

    private static string? ETagOf(RowAction action, Response response) =>
        action.Kind == RowActionKind.Delete ? null : response.Headers.ETag?.ToString();
}
