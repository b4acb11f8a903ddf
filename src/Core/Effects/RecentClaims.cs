using System.Collections.Concurrent;

namespace Serverless.Core.Effects;

/// <summary>Rows of the claims that this process gave out: most are ended here too, and then need not be read before.</summary>
/// <remarks>Never more than a guess, as each is used under its ETag. When there are too many all are forgotten.</remarks>
internal sealed class RecentClaims(int max)
{
    private readonly ConcurrentDictionary<string, (EffectRow Row, string ETag)> _rows = new();

    public void Keep(string key, EffectRow row, string etag)
    {
        if (_rows.Count >= max)
        {
            _rows.Clear();
        }

        _rows[key] = (row, etag);
    }

    /// <summary>The row of a claim that is about to be ended, once.</summary>
    public (EffectRow Row, string ETag)? Take(string key, long token) =>
        _rows.TryGetValue(key, out var known) && known.Row.Token == token && _rows.TryRemove(key, out known) ? known : null;
}
