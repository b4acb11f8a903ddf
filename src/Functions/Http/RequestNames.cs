using System.Globalization;
using Serverless.Core.Delivery;

namespace Serverless.Functions.Http;

/// <summary>Names that come in a path or a body: groups, instances, transactional ids, effects and partitions (section 1.5 of the HTTP contract).</summary>
/// <remarks>
/// Names compare by their code units: neither case nor Unicode forms are folded. A percent sign with two hexadecimal digits is
/// refused: <c>%2F</c> becomes a slash in a path (<see cref="RouteValue"/>), and what is not UTF-8, such as <c>%C0%AF</c>, the server
/// leaves as it was sent, where it would be one with <c>%25C0%25AF</c>. So each name has one spelling in a path, and can be reached.
/// </remarks>
internal static class RequestNames
{
    public const int CharsMax = 255;

    private const int TopicCharsMax = 249;

    public static string Group(string segment) => Checked(RouteValue.Decode(segment), "Group name");

    /// <summary>An instance that a client may have: not a worker of a delivery.</summary>
    public static string Instance(string segment) => Checked(RouteValue.Decode(segment), "Instance name") is var name && IsWorker(name)
        ? throw new RequestException(Problem.Configuration(WorkersAreOurs("Instance name")))
        : name;

    /// <summary>Any member of a group, to be shown.</summary>
    public static string Consumer(string segment) => Checked(RouteValue.Decode(segment), "Instance name");

    /// <summary>Whether the service itself has members of such names: a client's polls would move what they stand at.</summary>
    public static bool IsWorker(string instance) => instance.StartsWith(DeliveryWorker.NamePrefix, StringComparison.Ordinal);

    public static string WorkersAreOurs(string what) => $"{what} must not begin with {DeliveryWorker.NamePrefix}: those are the service's own.";

    /// <summary>A transactional id that a client may have: not one of a delivery, whose next step would be fenced.</summary>
    public static string TransactionalId(string segment)
    {
        var id = AnyTransactionalId(segment);
        return id.StartsWith(DeliveryWorker.TransactionalIdPrefix, StringComparison.Ordinal)
            ? throw new RequestException(Problem.Configuration(
                $"Transactional id must not begin with {DeliveryWorker.TransactionalIdPrefix}: those are the service's own."))
            : id;
    }

    /// <summary>Any transactional id, for who looks after the service.</summary>
    public static string AnyTransactionalId(string segment) => Checked(RouteValue.Decode(segment), "Transactional id");

    public static string EffectScope(string segment) => Checked(RouteValue.Decode(segment), "Scope");

    public static string EffectKey(string segment) => Checked(RouteValue.Decode(segment), "Key");

    /// <summary>Whether a topic could have the name: Kafka's rule.</summary>
    public static bool CouldBeTopic(string name) =>
        name.Length is > 0 and <= TopicCharsMax && name is not ("." or "..")
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <summary>What is wrong with a group's or an instance's name, for people; null when it is fine.</summary>
    /// <param name="what">What the client calls it: a field of its body, or a part of its path.</param>
    public static string? Complaint(string name, string what)
    {
        if (name.Length is 0 or > CharsMax)
        {
            return $"{what} must have 1 to {CharsMax} characters.";
        }

        if (name is "." or "..")
        {
            return $"{what} must not be '.' or '..': no path could name it.";
        }

        if (HasEncodedByte(name))
        {
            return $"{what} must not have percent-encoded characters.";
        }

        for (var i = 0; i < name.Length; i++)
        {
            var category = char.GetUnicodeCategory(name, i);
            if (name[i] is '/' or '\\' || category is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate)
            {
                return $"{what} must not have slashes, control or formatting characters.";
            }

            i += char.IsSurrogatePair(name, i) ? 1 : 0;
        }

        return string.IsNullOrWhiteSpace(name) ? $"{what} must not be blank." : null;
    }

    /// <summary>A partition in a path: not an integer is no such route (404/404).</summary>
    /// <returns>One that no topic has when it is out of range: then the look-up says 404/40402, in its turn.</returns>
    public static int Partition(string segment) =>
        !Integers.TryParse(segment, out var value) ? throw new RequestException(Problem.RouteNotFound)
        : value is >= 0 and <= int.MaxValue ? (int)value
        : int.MaxValue;

    private static bool HasEncodedByte(string name)
    {
        for (var i = name.IndexOf('%'); i >= 0; i = name.IndexOf('%', i + 1))
        {
            if (i + 2 < name.Length && char.IsAsciiHexDigit(name[i + 1]) && char.IsAsciiHexDigit(name[i + 2]))
            {
                return true;
            }
        }

        return false;
    }

    private static string Checked(string name, string what) =>
        Complaint(name, what) is { } complaint ? throw new RequestException(Problem.Configuration(complaint)) : name;
}
