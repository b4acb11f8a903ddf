namespace Serverless.Core.Groups;

/// <summary>What all names begin with that a pattern can match.</summary>
/// <remarks>
/// Told from its first characters alone, and rather too short than too long: who may read all topics that begin so may use the pattern.
/// </remarks>
public static class PatternPrefix
{
    public static string Of(string pattern)
    {
        // One side of an alternative says nothing of the other.
        if (pattern.Contains('|', StringComparison.Ordinal))
        {
            return "";
        }

        var prefix = new List<char>();
        for (var i = pattern.StartsWith('^') ? 1 : 0; i < pattern.Length; i++)
        {
            var isEscaped = pattern[i] == '\\' && i + 1 < pattern.Length && pattern[i + 1] is ('.' or '-');
            var literal = isEscaped ? pattern[++i] : pattern[i];
            var repeats = i + 1 < pattern.Length ? pattern[i + 1] : ' ';
            if (!(isEscaped || char.IsAsciiLetterOrDigit(literal) || literal is '_' or '-') || repeats is '?' or '*' or '{')
            {
                break;
            }

            prefix.Add(literal);
            if (repeats == '+')
            {
                break;
            }
        }

        return new string([.. prefix]);
    }
}
