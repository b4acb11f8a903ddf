using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Serverless.Core.Storage;

/// <summary>Names as parts of blob names and table keys: total and injective, so that no two names ever meet.</summary>
/// <remarks>
/// Letters, digits, <c>.</c>, <c>_</c> and <c>-</c> stand for themselves; every other byte of the name's UTF-8 is
/// <c>=</c> and two hexadecimal digits. Table keys hold at most 1 KiB and none of <c>/ \ # ?</c> or control characters
/// (Azure, "Understanding the Table service data model"). A name too long for that ends in its SHA-256 behind a
/// <c>~</c>, which no other encoding contains; who needs the name back keeps it in a column.
/// </remarks>
public static class KeyEncoding
{
    /// <summary>The longest encoding, in characters; room is left for what stands around it in a key.</summary>
    public const int LengthMax = 400;

    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    public static string Encode(string name)
    {
        if (name.Length <= LengthMax && !name.AsSpan().ContainsAnyExcept(Plain))
        {
            return name;
        }

        var encoded = new StringBuilder(name.Length * 2);
        var utf8 = Utf8(name);
        foreach (var octet in utf8)
        {
            if (Plain.Contains((char)octet))
            {
                encoded.Append((char)octet);
            }
            else
            {
                encoded.Append('=').Append(octet.ToString("x2", null));
            }
        }

        if (encoded.Length > LengthMax)
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(utf8));
            encoded.Length = LengthMax - hash.Length - 1;
            encoded.Append('~').Append(hash);
        }

        return encoded.ToString();
    }

    // Encoding.UTF8 writes every half of a surrogate pair as U+FFFD, and so would let names meet. Here each is three
    // bytes of its own, as any other character of its range, which well-formed text never has.
    private static byte[] Utf8(string name)
    {
        var utf8 = new ArrayBufferWriter<byte>(name.Length * 2);
        var rest = name.AsSpan();
        while (!rest.IsEmpty)
        {
            var whole = Rune.DecodeFromUtf16(rest, out var rune, out var length) == OperationStatus.Done;
            var octets = utf8.GetSpan(4);
            if (whole)
            {
                utf8.Advance(rune.EncodeToUtf8(octets));
            }
            else
            {
                var half = rest[0];
                octets[0] = (byte)(0xe0 | (half >> 12));
                octets[1] = (byte)(0x80 | ((half >> 6) & 0x3f));
                octets[2] = (byte)(0x80 | (half & 0x3f));
                utf8.Advance(3);
            }

            rest = rest[length..];
        }

        return utf8.WrittenSpan.ToArray();
    }
}
