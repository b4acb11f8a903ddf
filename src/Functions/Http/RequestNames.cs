using System.Globalization;

namespace Serverless.Functions.Http;

/// <summary>Names that come in a path or a body: groups, instances and partitions (section 1.5 of the HTTP contract).</summary>
/// <remarks>
/// Names compare by their code units: neither case nor Unicode forms are folded. <c>%2F</c> is refused like the slash that it
/// becomes in a path (<see cref="RouteValue"/>), so that an instance is never given a name that no path can reach.
/// </remarks>
internal static class RequestNames
{
    public const int CharsMax = 255;

    private const int TopicCharsMax = 249;

    public static string Group(string segment) => Checked(RouteValue.Decode(segment), "Group");

    public static string Instance(string segment) => Checked(RouteValue.Decode(segment), "Instance");

    /// <summary>Whether a topic could have the name: Kafka's rule.</summary>
    public static bool CouldBeTopic(string name) =>
        name.Length is > 0 and <= TopicCharsMax && name is not ("." or "..")
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <summary>What is wrong with a group's or an instance's name, for people; null when it is fine.</summary>
    public static string? Complaint(string name, string what)
    {
        if (name.Length is 0 or > CharsMax)
        {
            return $"{what} name must have 1 to {CharsMax} characters.";
        }

        if (name is "." or "..")
        {
            return $"{what} name must not be '.' or '..': no path could name it.";
        }

        if (name.Contains("%2F", StringComparison.OrdinalIgnoreCase))
        {
            return $"{what} name must not have an encoded slash.";
        }

        for (var i = 0; i < name.Length; i++)
        {
            var category = char.GetUnicodeCategory(name, i);
            if (name[i] is '/' or '\\' || category is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate)
            {
                return $"{what} name must not have slashes, control or formatting characters.";
            }

            i += char.IsSurrogatePair(name, i) ? 1 : 0;
        }

        return string.IsNullOrWhiteSpace(name) ? $"{what} name must not be blank." : null;
    }

    /// <summary>A partition in a path: not an integer is no such route (404/404).</summary>
    /// <returns>One that no topic has when it is out of range: then the look-up says 404/40402, in its turn.</returns>
    public static int Partition(string segment) =>
        !Integers.TryParse(segment, out var value) ? throw new RequestException(Problem.RouteNotFound)
        : value is >= 0 and <= int.MaxValue ? (int)value
        : int.MaxValue;

    private static string Checked(string name, string what) =>
        Complaint(name, what) is { } complaint ? throw new RequestException(Problem.Configuration(complaint)) : name;
}
