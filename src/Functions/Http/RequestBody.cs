using System.Buffers;
using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Serverless.Functions.Http;

/// <summary>A request's body, whole, in a pooled buffer that its owner may write over; read within a size and a time.</summary>
/// <remarks>
/// A length that is announced is believed when it is too large, never when it is small. Memory stays within twice what has arrived.
/// </remarks>
internal sealed class RequestBody : IDisposable
{
    private const int FirstBytes = 16 * 1024;

    private byte[] _buffer;

    private RequestBody(byte[] buffer, int length) => (_buffer, Length) = (buffer, length);

    public int Length { get; private set; }

    public Memory<byte> Bytes => _buffer.AsMemory(0, Length);

    /// <summary>Nothing, or nothing but white space.</summary>
    public bool IsEmpty => Bytes.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0;

    public static async ValueTask<RequestBody> ReadAsync(
        HttpRequest request, HttpLimits limits, TimeProvider clock, CancellationToken cancellationToken)
    {
        var isGzip = IsGzip(request.Headers.ContentEncoding);
        if (request.ContentLength > limits.RequestBytesMax)
        {
            throw TooLarge(limits.RequestBytesMax);
        }

        using var timeout = new CancellationTokenSource(limits.BodyTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            var raw = await ReadAllAsync(request.Body, request.ContentLength, limits.RequestBytesMax, either.Token);
            return isGzip ? await DecompressAsync(raw, limits.DecompressedBytesMax, either.Token) : raw;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RequestException(Problem.BodyTimeout);
        }
        catch (IOException broken) when (broken is not BadHttpRequestException)
        {
            // A chunk size beyond all integers is no BadHttpRequestException to Kestrel; nor is a connection that ended.
            throw new RequestException(Problem.Malformed("The request body could not be read."));
        }
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        (_buffer, Length) = ([], 0);
    }

    // One gzip or nothing: a coding that we do not undo would be stored as if it were the content.
    private static bool IsGzip(StringValues encodings)
    {
        var encoding = encodings.ToString().Trim();
        return encoding.ToLowerInvariant() switch
        {
            "" or "identity" => false,
            "gzip" or "x-gzip" => true,
            _ => throw new RequestException(Problem.UnsupportedMediaType with
            {
                Message = "Content-Encoding must be gzip or identity.",
            }),
        };
    }

    private static async ValueTask<RequestBody> ReadAllAsync(
        Stream source, long? announced, int bytesMax, CancellationToken cancellationToken)
    {
        // What is announced but never sent costs no memory.
        var first = (int)Math.Clamp(announced ?? FirstBytes, 1, Math.Min(1024 * 1024, bytesMax));
        var body = new RequestBody(ArrayPool<byte>.Shared.Rent(first), 0);
        byte[]? next = null;
        try
        {
            while (true)
            {
                var room = Math.Min(body._buffer.Length, bytesMax) - body.Length;
                if (room == 0)
                {
                    // Whether there is more is asked before room is made for it: pooled buffers double, and the largest is not needed.
                    next ??= new byte[1];
                    if (await source.ReadAsync(next, cancellationToken) == 0)
                    {
                        return body;
                    }

                    body.Append(next[0], bytesMax);
                    continue;
                }

                var read = await source.ReadAsync(body._buffer.AsMemory(body.Length, room), cancellationToken);
                if (read == 0)
                {
                    return body;
                }

                body.Length += read;
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    // To a full buffer.
    private void Append(byte next, int bytesMax)
    {
        if (Length == bytesMax)
        {
            throw TooLarge(bytesMax);
        }

        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(_buffer.Length * 2L, bytesMax));
        _buffer.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, larger[Length]) = (larger, next);
        Length++;
    }

    private static async ValueTask<RequestBody> DecompressAsync(
        RequestBody raw, int bytesMax, CancellationToken cancellationToken)
    {
        using (raw)
        {
            if (raw.Length == 0)
            {
                return new RequestBody([], 0);
            }

            try
            {
                using var stream = new GZipStream(
                    new MemoryStream(raw._buffer, 0, raw.Length, writable: false), CompressionMode.Decompress);
                var body = await ReadAllAsync(stream, raw.Length * 4L, bytesMax, cancellationToken);
                if (!GzipTrailer.Fits(raw.Bytes.Span, body.Length))
                {
                    body.Dispose();
                    throw new InvalidDataException();
                }

                return body;
            }
            catch (InvalidDataException)
            {
                throw new RequestException(Problem.Malformed("The body is not valid gzip."));
            }
        }
    }

    private static RequestException TooLarge(int bytesMax) =>
        new(Problem.TooLarge($"Request body is too large: at most {bytesMax} bytes."));
}
