using System.Globalization;
using Serverless.Core.Access;

namespace Serverless.Functions.Access;

/// <summary>Names of principals, as ACLs and settings may have them, and as tokens may claim them.</summary>
internal static class PrincipalName
{
    public const int CharsMax = 256;

    /// <summary>What is wrong with the name, for people; null when it is fine.</summary>
    public static string? Complaint(string name)
    {
        var type = Principal.Types.FirstOrDefault(type => name.StartsWith(type, StringComparison.Ordinal));
        return type is null ? "a principal is User:…, Key:… or Role:…, or User:* for everyone who has proven who they are."
            : !CouldBe(name[type.Length..]) ? $"a principal has 1 to {CharsMax} characters behind its type, and no control characters."
            : name[type.Length..] == AclBinding.Wildcard && name != Principal.Everyone ? "only User:* stands for everyone."
            : null;
    }

    /// <summary>Whether a subject, or a role, may be called so: what is logged and stored has bounds, and one spelling.</summary>
    public static bool CouldBe(string subject)
    {
        for (var i = 0; i < subject.Length; i++)
        {
            if (char.GetUnicodeCategory(subject, i) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate)
            {
                return false;
            }

            i += char.IsSurrogatePair(subject, i) ? 1 : 0;
        }

        return subject.Length is > 0 and <= CharsMax && !string.IsNullOrWhiteSpace(subject);
    }
}
