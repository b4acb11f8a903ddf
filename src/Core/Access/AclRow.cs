using System.Security.Cryptography;
using System.Text;
using Serverless.Core.Storage;

namespace Serverless.Core.Access;

/// <summary>One row an ACL, all in one partition key, so that reading them is one query. Names in quotes are stored.</summary>
/// <remarks>
/// An ACL is all that it says, and so is its row's key, by its hash: the same one twice is one row. No encoded name holds a <c>|</c>,
/// so no two ACLs are the same text.
/// <para>
/// A row that is removed stays for a while, and says so. An insert is on condition that there is no row: one that was sent, got no reply
/// and was late would otherwise bring a grant back that has been taken away since.
/// </para>
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

    /// <param name="removedAt">Null where it counts.</param>
    public static Dictionary<string, object> Encode(AclBinding value, DateTimeOffset? removedAt = null)
    {
        var columns = new Dictionary<string, object>
        {
            ["type"] = (int)value.ResourceType,
            ["name"] = value.Name,
            ["pattern"] = (int)value.PatternType,
            ["principal"] = value.Principal,
            ["operation"] = (int)value.Operation,
            ["permission"] = (int)value.Permission,
        };
        if (removedAt is { } moment)
        {
            columns["removed"] = moment;
        }

        return columns;
    }

    public static StoredAcl Decode(StoredRow row)
    {
        var binding = new AclBinding(
            (AclResourceType)(int)row.Columns["type"],
            (string)row.Columns["name"],
            (AclPatternType)(int)row.Columns["pattern"],
            (string)row.Columns["principal"],
            (AclOperation)(int)row.Columns["operation"],
            (AclPermissionType)(int)row.Columns["permission"]);
        return new StoredAcl(binding, row.Columns.TryGetValue("removed", out var removed) ? (DateTimeOffset)removed : null, row.ETag);
    }
}

/// <summary>An ACL as its row has it.</summary>
/// <param name="RemovedAt">By the service's clock; null where it counts.</param>
internal sealed record StoredAcl(AclBinding Binding, DateTimeOffset? RemovedAt, string ETag)
{
    public bool Counts => RemovedAt is null;
}
