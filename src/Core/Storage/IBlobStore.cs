namespace Serverless.Core.Storage;

/// <summary>Append blobs of one container: what the log needs of Azure Blob Storage, and no more.</summary>
/// <remarks>
/// Upholds <b>conditional only</b>: every mutation names the state that it expects. Each is sent to the service
/// once; when the reply is lost, times out or is a 5xx, the outcome is <c>Unknown</c> and the caller settles it by
/// reading back. Reads are retried inside, and throw <see cref="StorageException"/> when that does not help. A
/// refusal that no retry can mend (403, bad name) throws <see cref="StorageException"/> too, with no effect.
/// <see cref="OperationCanceledException"/> ends the waiting; a cancelled mutation may still have happened.
/// </remarks>
public interface IBlobStore
{
    /// <summary>Creates an empty append blob, never touching one that exists (<c>If-None-Match: *</c>).</summary>
    ValueTask<CreateOutcome> CreateAsync(string name, CancellationToken cancellationToken);

    /// <summary>Appends one block if the blob's length is <paramref name="position"/> bytes.</summary>
    /// <remarks><see cref="AppendOutcome.PositionTaken"/> proves that nothing of this call was written, as it was sent once.</remarks>
    ValueTask<AppendResult> AppendAsync(
        string name, long position, ReadOnlyMemory<byte> block, CancellationToken cancellationToken);

    /// <summary>Reads at most <paramref name="bytesMax"/> bytes from <paramref name="position"/>; none at or past the end.</summary>
    ValueTask<BlobRead> ReadAsync(string name, long position, int bytesMax, CancellationToken cancellationToken);

    /// <summary>Blobs whose names begin with <paramref name="prefix"/>, in ordinal order of their names, a page at a time.</summary>
    ValueTask<BlobPage> ListAsync(string prefix, string? continuation, int take, CancellationToken cancellationToken);

    /// <summary>Deletes the blob if it still has this ETag.</summary>
    ValueTask<DeleteOutcome> DeleteAsync(string name, string etag, CancellationToken cancellationToken);
}

public enum CreateOutcome
{
    Created,
    Exists,

    /// <summary>It may or may not have been created; creating again is safe.</summary>
    Unknown,
}

public enum AppendOutcome
{
    Appended,

    /// <summary>The blob does not end where the caller thought; nothing was written.</summary>
    PositionTaken,

    /// <summary>There is no such blob; nothing was written.</summary>
    Missing,

    /// <summary>The blob has 50,000 blocks, the service's limit; nothing was written.</summary>
    BlockLimit,

    /// <summary>It may have been written, or may yet be.</summary>
    Unknown,
}

/// <summary>What became of an append; <c>BlockCount</c> is the blob's number of blocks after it, where it was appended.</summary>
public readonly record struct AppendResult(AppendOutcome Outcome, int BlockCount = 0);

/// <summary>Bytes read. <c>BlockCount</c> is the blob's number of blocks, or null where the service did not say.</summary>
public readonly record struct BlobRead(bool Exists, ReadOnlyMemory<byte> Bytes, int? BlockCount);

public enum DeleteOutcome
{
    Deleted,
    Missing,

    /// <summary>The blob has another ETag; nothing was deleted.</summary>
    Changed,
    Unknown,
}

/// <summary>One blob of a listing. Sizes are bytes.</summary>
public readonly record struct BlobItem(string Name, long Size, string ETag, DateTimeOffset LastModified);

/// <summary>A page of a listing; <c>Continuation</c> is null on the last.</summary>
public sealed record BlobPage(IReadOnlyList<BlobItem> Items, string? Continuation);
