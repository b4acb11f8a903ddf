using System.Net;
using System.Runtime.InteropServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Serverless.Core.Storage.Azure;

/// <summary>Append blobs of one container of Azure Blob Storage.</summary>
/// <param name="mutations">Sends once.</param>
/// <param name="reads">Retries. Makes the container too, as that may be done any number of times.</param>
internal sealed class AzureBlobStore(BlobContainerClient mutations, BlobContainerClient reads) : IBlobStore
{
    public async ValueTask<CreateOutcome> CreateAsync(string name, CancellationToken cancellationToken)
    {
        StorageRules.BlobName(name);

        // Where the container is missing nothing was done; this is not a retry of something that may have been.
        return await TryCreateAsync(name, cancellationToken)
            ?? await CreateWithContainerAsync(name, cancellationToken);
    }

    public async ValueTask<AppendResult> AppendAsync(
        string name, long position, ReadOnlyMemory<byte> block, CancellationToken cancellationToken)
    {
        StorageRules.Append(name, position, block);
        var options = new AppendBlobAppendBlockOptions { Conditions = new() { IfAppendPositionEqual = position } };
        try
        {
            var appended = await mutations.GetAppendBlobClient(name)
                .AppendBlockAsync(Stream(block), options, cancellationToken);
            return new(AppendOutcome.Appended, appended.Value.BlobCommittedBlockCount);
        }
        catch (RequestFailedException e)
            when (e.Is(HttpStatusCode.PreconditionFailed, AzureErrors.AppendPositionConditionNotMet))
        {
            return new(AppendOutcome.PositionTaken);
        }
        catch (RequestFailedException e) when (IsMissing(e))
        {
            return new(AppendOutcome.Missing);
        }
        catch (RequestFailedException e) when (e.Is(HttpStatusCode.Conflict, AzureErrors.BlockCountExceedsLimit))
        {
            return new(AppendOutcome.BlockLimit);
        }
        catch (Exception e) when (AzureErrors.LeavesUnknown(e, cancellationToken))
        {
            return new(AppendOutcome.Unknown);
        }
        catch (RequestFailedException e)
        {
            throw AzureErrors.Refused(e);
        }
    }

    public async ValueTask<BlobRead> ReadAsync(
        string name, long position, int bytesMax, CancellationToken cancellationToken)
    {
        StorageRules.Read(name, position, bytesMax);
        try
        {
            return await RangeRead.ReadAsync(reads.GetAppendBlobClient(name), position, bytesMax, cancellationToken);
        }
        catch (RequestFailedException e) when (IsMissing(e))
        {
            return new(false, default, null);
        }
        catch (RequestFailedException e) when (e.Is(HttpStatusCode.RequestedRangeNotSatisfiable, AzureErrors.InvalidRange))
        {
            // The blob ends before or at the position. How many blocks it has is not said with this.
            return new(true, default, null);
        }
        catch (Exception e) when (AzureErrors.OfRead(e, cancellationToken) is { } failure)
        {
            throw failure;
        }
    }

    public async ValueTask<BlobPage> ListAsync(
        string prefix, string? continuation, int take, CancellationToken cancellationToken)
    {
        StorageRules.List(prefix, take);
        try
        {
            var pages = reads.GetBlobsAsync(new GetBlobsOptions { Prefix = prefix }, cancellationToken)
                .AsPages(continuation, take);
            await foreach (var page in pages)
            {
                var next = string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken;
                return new([.. page.Values.Select(Item)], next);
            }

            return new([], null);
        }
        catch (RequestFailedException e) when (e.Is(HttpStatusCode.NotFound, AzureErrors.ContainerNotFound))
        {
            return new([], null);
        }
        catch (Exception e) when (AzureErrors.OfRead(e, cancellationToken) is { } failure)
        {
            throw failure;
        }
    }

    public async ValueTask<DeleteOutcome> DeleteAsync(string name, string etag, CancellationToken cancellationToken)
    {
        StorageRules.Delete(name, etag);
        try
        {
            await mutations.GetAppendBlobClient(name).DeleteAsync(
                DeleteSnapshotsOption.None, new BlobRequestConditions { IfMatch = new ETag(etag) }, cancellationToken);
            return DeleteOutcome.Deleted;
        }
        catch (RequestFailedException e) when (IsMissing(e))
        {
            return DeleteOutcome.Missing;
        }
        catch (RequestFailedException e) when (e.Is(HttpStatusCode.PreconditionFailed, AzureErrors.ConditionNotMet))
        {
            // Also the answer of the emulator where there is no blob. A look tells; whichever it is, we deleted nothing.
            return await ExistsAsync(name, cancellationToken) ? DeleteOutcome.Changed : DeleteOutcome.Missing;
        }
        catch (Exception e) when (AzureErrors.LeavesUnknown(e, cancellationToken))
        {
            return DeleteOutcome.Unknown;
        }
        catch (RequestFailedException e)
        {
            throw AzureErrors.Refused(e);
        }
    }

    private async ValueTask<bool> ExistsAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await reads.GetAppendBlobClient(name).ExistsAsync(cancellationToken);
        }
        catch (Exception e) when (AzureErrors.OfRead(e, cancellationToken) is { } failure)
        {
            throw failure;
        }
    }

    private async ValueTask<CreateOutcome> CreateWithContainerAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await reads.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        }
        catch (Exception e) when (AzureErrors.OfRead(e, cancellationToken) is { } failure)
        {
            throw failure;
        }

        return await TryCreateAsync(name, cancellationToken)
            ?? throw new StorageException("The container is being deleted.", retriable: true);
    }

    /// <summary>Null where there is no container.</summary>
    private async ValueTask<CreateOutcome?> TryCreateAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var options = new AppendBlobCreateOptions { Conditions = new() { IfNoneMatch = ETag.All } };
            await mutations.GetAppendBlobClient(name).CreateAsync(options, cancellationToken);
            return CreateOutcome.Created;
        }
        catch (RequestFailedException e) when (
            e.Is(HttpStatusCode.Conflict, AzureErrors.BlobAlreadyExists)
            || e.Is(HttpStatusCode.PreconditionFailed, AzureErrors.ConditionNotMet))
        {
            return CreateOutcome.Exists;
        }
        catch (RequestFailedException e) when (e.Is(HttpStatusCode.NotFound, AzureErrors.ContainerNotFound))
        {
            return null;
        }
        catch (Exception e) when (AzureErrors.LeavesUnknown(e, cancellationToken))
        {
            return CreateOutcome.Unknown;
        }
        catch (RequestFailedException e)
        {
            throw AzureErrors.Refused(e);
        }
    }

    private static bool IsMissing(RequestFailedException e) =>
        e.Is(HttpStatusCode.NotFound, AzureErrors.BlobNotFound, AzureErrors.ContainerNotFound);

    // With quotes, though a listing gives none: one form, whoever it comes from.
    private static BlobItem Item(global::Azure.Storage.Blobs.Models.BlobItem blob) => new(
        blob.Name,
        blob.Properties.ContentLength.GetValueOrDefault(),
        blob.Properties.ETag.GetValueOrDefault().ToString("H"),
        blob.Properties.LastModified.GetValueOrDefault());

    private static MemoryStream Stream(ReadOnlyMemory<byte> block) =>
        MemoryMarshal.TryGetArray(block, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(block.ToArray(), writable: false);
}
