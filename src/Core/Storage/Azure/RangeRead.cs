using System.Net.Http.Headers;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Serverless.Core.Storage.Azure;

/// <summary>Reads a range of a blob whole, or not at all.</summary>
/// <remarks>
/// A body that is cut short must not pass for the end of the log. So the bytes received are held against the range that
/// the service says it sends, and that against the range asked for: less is right only where the blob ends.
/// </remarks>
internal static class RangeRead
{
    private const int AttemptsMax = 4;

    public static async ValueTask<BlobRead> ReadAsync(
        AppendBlobClient blob, long position, int bytesMax, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            try
            {
                if (await TryReadAsync(blob, position, bytesMax, cancellationToken) is { } read)
                {
                    return read;
                }
            }
            catch (RequestFailedException e) when (e.Status == 412)
            {
                // The SDK goes on with a broken body only if the blob is unchanged. One that is written to never is.
            }
        }

        throw new StorageException($"Storage gave less than the range asked for, {AttemptsMax} times.", retriable: true);
    }

    /// <summary>Null where the body is not the whole range.</summary>
    private static async ValueTask<BlobRead?> TryReadAsync(
        AppendBlobClient blob, long position, int bytesMax, CancellationToken cancellationToken)
    {
        var options = new BlobDownloadOptions { Range = new HttpRange(position, bytesMax) };
        var response = await blob.DownloadStreamingAsync(options, cancellationToken);
        using var download = response.Value;
        var details = download.Details;
        var blocks = response.GetRawResponse().Headers.Contains("x-ms-blob-committed-block-count")
            ? details.BlobCommittedBlockCount
            : (int?)null;

        var length = details.ContentLength;
        if (length == 0)
        {
            return new(true, default, blocks);
        }

        if (length > bytesMax || !IsWholeRange(details.ContentRange, position, length, bytesMax))
        {
            return null;
        }

        var bytes = new byte[length];
        var got = await download.Content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return got == bytes.Length ? new(true, bytes, blocks) : null;
    }

    private static bool IsWholeRange(string? header, long position, long length, int bytesMax) =>
        ContentRangeHeaderValue.TryParse(header, out var range)
        && range.From == position
        && range.To == position + length - 1
        && (length == bytesMax || range.To + 1 == range.Length);
}
