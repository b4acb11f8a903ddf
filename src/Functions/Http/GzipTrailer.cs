using System.Buffers.Binary;

namespace Serverless.Functions.Http;

/// <summary>The end of a gzip stream (RFC 1952): its last four bytes are the size of what it holds.</summary>
/// <remarks>
/// The platform's stream gives what there is of a body that was cut, and says nothing. So the size is compared here. One member is
/// taken: several after each other, which hardly anyone sends, do not pass, nor do bytes behind the end.
/// </remarks>
internal static class GzipTrailer
{
    private const int BytesMin = 18;

    public static bool Fits(ReadOnlySpan<byte> stream, int decompressed) =>
        stream.Length >= BytesMin && BinaryPrimitives.ReadUInt32LittleEndian(stream[^4..]) == (uint)decompressed;
}
