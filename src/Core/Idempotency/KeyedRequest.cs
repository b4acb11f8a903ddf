using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Serverless.Core.Idempotency;

/// <summary>A request that has an idempotency key: which one it is, and what it asks.</summary>
/// <param name="Id">Of the key in its scope: SHA-256, in hexadecimal digits.</param>
/// <param name="Fingerprint">Of what the request asks: the same key must come with the same again.</param>
public sealed record KeyedRequest(string Id, ReadOnlyMemory<byte> Fingerprint)
{
    /// <summary>A key counts for its caller, method and path alone.</summary>
    public static KeyedRequest Of(string caller, string method, string path, string key, ReadOnlyMemory<byte> fingerprint) =>
        new(Convert.ToHexStringLower(Digest(caller, method, path, key)), fingerprint);

    /// <summary>The key counts within a part of its path's life only: in another one it is another key.</summary>
    public KeyedRequest Within(string part) => this with { Id = Convert.ToHexStringLower(Digest(Id, part)) };

    // Each part has its length before it, so that no two lists are the same bytes.
    internal static byte[] Digest(params ReadOnlySpan<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var part in parts)
        {
            var utf8 = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, utf8.Length);
            hash.AppendData(length);
            hash.AppendData(utf8);
        }

        return hash.GetHashAndReset();
    }
}

/// <summary>An answer as it was given first, to be given again byte for byte.</summary>
public sealed record StoredReply(
    int Status, string? ContentType, IReadOnlyList<(string Name, string Value)> Headers, ReadOnlyMemory<byte> Body);
