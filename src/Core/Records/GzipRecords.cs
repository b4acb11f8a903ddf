using System.Buffers;
using System.IO.Compression;

namespace Serverless.Core.Records;

/// <summary>The records of a gzip batch, decompressed into a pooled buffer until disposed.</summary>
/// <remarks>
/// A class, as a copied struct could give its buffer back twice. The buffer grows with what really comes out, never
/// with what some field promises, and the limit is looked at before each read: a gzip bomb costs at most the limit.
/// .NET's gzip stream takes an early end, or bytes that are no gzip, for the end of the data (unless strict validation
/// is switched on for the whole process). So one more member is put behind the records: its byte comes out only when
/// all before it was whole, checksums included.
/// </remarks>
internal sealed class GzipRecords : IDisposable
{
    private const int BufferMin = 4096;
    private const byte EndMark = 0x45;
    private const string NotWhole = "the records are not whole gzip";

    private static ReadOnlySpan<byte> EndMember =>
    [
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff,          // gzip, deflate, no time, no system (RFC 1952)
        1, 1, 0, 0xfe, 0xff, EndMark,                   // the last block, stored, of one byte (RFC 1951)
        0x92, 0x5a, 0xb4, 0xd4, 1, 0, 0, 0,             // its CRC-32, its length
    ];

    private byte[]? _buffer;
    private int _length;

    private GzipRecords(byte[] buffer) => _buffer = buffer;

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    /// <exception cref="InvalidRecordException">The bytes are not gzip, end early, or are more than
    /// <paramref name="bytesMax"/> once decompressed.</exception>
    public static GzipRecords Decompress(ReadOnlySpan<byte> compressed, int bytesMax)
    {
        // Streams take arrays, not spans.
        var source = ArrayPool<byte>.Shared.Rent(compressed.Length + EndMember.Length);
        var guess = Math.Clamp(compressed.Length * 4L, BufferMin, Math.Max(BufferMin, bytesMax));
        var records = new GzipRecords(ArrayPool<byte>.Shared.Rent((int)guess));
        var kept = false;
        try
        {
            compressed.CopyTo(source);
            EndMember.CopyTo(source.AsSpan(compressed.Length));
            using var stream = new MemoryStream(source, 0, compressed.Length + EndMember.Length, writable: false);
            using var gzip = new GZipStream(stream, CompressionMode.Decompress);
            records.Fill(gzip, bytesMax);
            kept = true;
            return records;
        }
        catch (Exception failure) when (failure is InvalidDataException or IOException)
        {
            throw new InvalidRecordException(NotWhole, RecordBatchHeader.Size, failure);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(source);
            if (!kept)
            {
                records.Dispose();
            }
        }
    }

    /// <summary>The compressed records behind <paramref name="room"/> empty bytes.</summary>
    public static byte[] Compress(ReadOnlySpan<byte> records, int room)
    {
        using var stream = new MemoryStream(room + (records.Length / 2));
        stream.SetLength(room);
        stream.Position = room;

        // Kafka's default level.
        using (var gzip = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(records);
        }

        return stream.ToArray();
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Fill(GZipStream gzip, int bytesMax)
    {
        int read;
        do
        {
            if (_length == _buffer!.Length && _length < bytesMax)
            {
                Grow((int)Math.Min(_length * 2L, bytesMax));
            }

            read = gzip.Read(_buffer.AsSpan(_length, Math.Min(_buffer.Length, bytesMax) - _length));
            _length += read;
        }
        while (read > 0);

        // At the limit there may be the mark still to come, but nothing else.
        Span<byte> beyond = stackalloc byte[2];
        var more = gzip.ReadAtLeast(beyond, beyond.Length, throwOnEndOfStream: false);
        if (more == beyond.Length)
        {
            throw new InvalidRecordException("the records are too large once decompressed", RecordBatchHeader.Size);
        }

        if (more == 0 && _length > 0)
        {
            beyond[0] = _buffer[--_length];
        }

        if (beyond[0] != EndMark)
        {
            throw new InvalidRecordException(NotWhole, RecordBatchHeader.Size);
        }
    }

    private void Grow(int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(size);
        Bytes.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer!);
        _buffer = larger;
    }
}
