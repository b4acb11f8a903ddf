using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Serverless.LocalHost;

/// <summary>
/// The keys that open functions above Anonymous, from setting <c>FunctionKeys</c> (several are parted by commas). None: all
/// is open, as under <c>func start</c>.
/// </summary>
internal sealed class FunctionKeys
{
    public const string Setting = "FunctionKeys";
    public const string Header = "x-functions-key";

    private readonly byte[][] _hashes;

    public FunctionKeys(string? setting) =>
        _hashes = [.. (setting ?? "")
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Hash)];

    public bool Required => _hashes.Length > 0;

    /// <summary>Whether the request brings a key in its header, or needs none.</summary>
    /// <remarks>Azure takes one from the query too. Here that is no key: it would be in every log that has the address.</remarks>
    public bool Admit(HttpRequest request)
    {
        if (!Required)
        {
            return true;
        }

        var given = request.Headers[Header];
        // Hashes have one length, so neither the key's length nor how much of it was right shows in the time taken; and
        // every key is compared, so neither does which one it was.
        var hash = Hash(given.Count > 0 ? given[0] ?? "" : "");
        var admitted = false;
        foreach (var key in _hashes)
        {
            admitted |= CryptographicOperations.FixedTimeEquals(key, hash);
        }

        return admitted;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
