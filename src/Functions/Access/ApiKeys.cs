using System.Security.Cryptography;
using System.Text;
using Serverless.Core.Access;

namespace Serverless.Functions.Access;

/// <summary>Callers that are known by a key of the settings.</summary>
internal sealed class ApiKeys(IReadOnlyDictionary<string, string> keys)
{
    private readonly (string Name, byte[] Hash)[] _hashes = [.. keys.Select(key => (key.Key, Hash(key.Value)))];

    public bool Any => _hashes.Length > 0;

    /// <summary>Whose key it is; null where it is nobody's, or not his who is named with it.</summary>
    /// <remarks>
    /// Hashes have one length, so neither the key's length nor how much of it was right shows in the time taken; and every key is
    /// compared, so neither does which one it was.
    /// </remarks>
    public Principal? Find(Credentials.Key given)
    {
        var hash = Hash(given.Secret);
        string? found = null;
        foreach (var (name, known) in _hashes)
        {
            found = CryptographicOperations.FixedTimeEquals(known, hash) ? name : found;
        }

        return found is not null && (given.Name ?? found) == found ? new Principal(Principal.KeyType + found, []) : null;
    }

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
