namespace Serverless.Core.Storage.Rows;

/// <summary>The marks of the last few requests that wrote a row, newest first: how a lost reply is settled.</summary>
/// <remarks>Several are kept, as another request may write the row between a lost reply and the look for it.</remarks>
internal static class Stamps
{
    private const int KeptMax = 6;

    public static string Add(string stamps, string stamp)
    {
        var kept = stamps.Length == 0 ? [] : stamps.Split(',').Take(KeptMax - 1);
        return string.Join(',', kept.Prepend(stamp));
    }

    /// <summary>
    /// Whether marks that were made on a row since it had those of <paramref name="former"/> would all be there still: then one that is
    /// missing was not made.
    /// </summary>
    public static bool TellAllSince(string stamps, string former)
    {
        var (kept, before) = (stamps.Split(','), former.Split(','));
        return former.Length == 0 ? stamps.Length == 0 || kept.Length < KeptMax : kept.Contains(before[0]);
    }

    public static bool Holds(string stamps, string stamp) => stamps.Split(',').Contains(stamp);
}
