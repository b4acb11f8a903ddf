using System.Buffers;
using System.Buffers.Text;

namespace Serverless.Functions.Http;

/// <summary>Base64 as the contract takes it: the standard alphabet, with all of its padding or none, and not a byte more.</summary>
/// <remarks>The platform's decoder lets white space pass and asks for padding, so both are settled before it is asked.</remarks>
internal static class Base64Text
{
    private static readonly SearchValues<byte> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);

    /// <summary>Decodes over the text itself, as the bytes need less room. False: not base64, and the text is as it was.</summary>
    public static bool TryDecodeInPlace(Span<byte> text, out int length)
    {
        length = 0;
        var padding = text.EndsWith("=="u8) ? 2 : text.EndsWith("="u8) ? 1 : 0;
        var symbols = text[..^padding];
        var rest = symbols.Length % 4;
        if (rest == 1 || (padding > 0 && text.Length % 4 != 0) || symbols.ContainsAnyExcept(Alphabet))
        {
            return false;
        }

        Span<byte> last = stackalloc byte[4];
        last.Fill((byte)'=');
        symbols[^rest..].CopyTo(last);

        Base64.DecodeFromUtf8InPlace(symbols[..^rest], out length);
        if (rest > 0)
        {
            Base64.DecodeFromUtf8InPlace(last, out var tail);
            last[..tail].CopyTo(text[length..]);
            length += tail;
        }

        return true;
    }
}
