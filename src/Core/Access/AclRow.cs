using System.Security.Cryptography;
using System.Text;
using Serverless.Core.Storage;

namespace Serverless.Core.Access;

/// <summary>One row an ACL, all in one partition key, so that reading them is one query. Names in quotes are stored.</summary>
/// <remarks>
/// An ACL is all that it says, and so is its row's key, by its hash: the same one twice is one row. No encoded name holds a <c>|</c>,
/// so no two ACLs are the same text.
/// </remarks>
internal static class AclRow
{
    public const string Partition = "acls";

    public const string Prefix = "a|";

    public static string Row(AclBinding value)
    {
        var text = $"{(int)value.ResourceType}|{KeyEncoding.Encode(value.Name)}|{(int)value.PatternType}"
            + $"|{KeyEncoding.Encode(value.Principal)}|{(int)value.Operation}|{(int)value.Permission}";
        return Prefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)));
    }

    public static Dictionary<string, object> Encode(AclBinding value) => new()
    {
        ["type"] = (int)value.ResourceType,
        ["name"] = value.Name,
        ["pattern"] = (int)value.PatternType,
        ["principal"] = value.Principal,
        ["operation"] = (int)value.Operation,
        ["permission"] = (int)value.Permission,
    };

    public static AclBinding Decode(StoredRow row) => new(
        (AclResourceType)(int)row.Columns["type"],
        (string)row.Columns["name"],
        (AclPatternType)(int)row.Columns["pattern"],
        (string)row.Columns["principal"],
        (AclOperation)(int)row.Columns["operation"],
        (AclPermissionType)(int)row.Columns["permission"]);
}
