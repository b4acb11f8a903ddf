using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Serverless.Core.Groups;

/// <summary>Patterns of subscriptions as expressions that take linear time on any name.</summary>
/// <remarks>
/// To build one takes many times longer than to use it, and every request of a group meets the same few patterns, in rows
/// that are decoded anew. So those of late are kept, for all groups together.
/// </remarks>
internal static class TopicPattern
{
    /// <summary>Longer patterns are refused.</summary>
    public const int LengthMax = 1000;

    private const int KeptMax = 64;
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    private static readonly ConcurrentDictionary<string, Regex> Kept = new(StringComparer.Ordinal);

    /// <summary>Null when the pattern is none.</summary>
    public static Regex? Find(string pattern)
    {
        if (pattern.Length > LengthMax)
        {
            return null;
        }

        if (Kept.TryGetValue(pattern, out var kept))
        {
            return kept;
        }

        if (Compile(pattern) is not { } expression)
        {
            return null;
        }

        // Whoever comes back is built again; that is cheaper than to keep account of who is used.
        if (Kept.Count >= KeptMax)
        {
            Kept.Clear();
        }

        return Kept.GetOrAdd(pattern, expression);
    }

    private static Regex? Compile(string pattern)
    {
        try
        {
            // Alone first: a pattern that closes our bracket is none.
            _ = new Regex(pattern, Options);
            return new Regex($@"\A(?:{pattern})\z", Options);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
