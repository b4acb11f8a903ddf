using System.Text.Json;
using Serverless.Core.Access;

namespace Serverless.Functions.Http.V3;

/// <summary>ACLs as v3 shows them.</summary>
internal static class AclWriter
{
    public static void Acl(Utf8JsonWriter json, Links links, AclBinding acl)
    {
        json.WriteStartObject();
        json.WriteString("kind"u8, "KafkaAcl");
        json.WriteStartObject("metadata"u8);
        json.WriteString("self"u8, Self(links, acl));
        json.WriteEndObject();
        json.WriteString("cluster_id"u8, links.ClusterId);
        json.WriteString(AclFields.ResourceType, AclFields.Text(acl.ResourceType));
        json.WriteString(AclFields.ResourceName, acl.Name);
        json.WriteString(AclFields.PatternType, AclFields.Text(acl.PatternType));
        json.WriteString(AclFields.PrincipalName, acl.Principal);
        json.WriteString(AclFields.Host, AclFields.AnyHost);
        json.WriteString(AclFields.Operation, AclFields.Text(acl.Operation));
        json.WriteString(AclFields.Permission, AclFields.Text(acl.Permission));
        json.WriteEndObject();
    }

    public static void List(Utf8JsonWriter json, Links links, IEnumerable<AclBinding> acls) => V3Writer.List(
        json, "KafkaAclList", links.Acls,
        acls.OrderBy(acl => acl.ResourceType).ThenBy(acl => acl.Name, StringComparer.Ordinal).ThenBy(acl => acl.PatternType)
            .ThenBy(acl => acl.Principal, StringComparer.Ordinal).ThenBy(acl => acl.Operation).ThenBy(acl => acl.Permission),
        (item, acl) => Acl(item, links, acl));

    /// <summary>The list, narrowed to this one.</summary>
    public static string Self(Links links, AclBinding acl)
    {
        (string Name, string Value)[] query =
        [
            (AclFields.ResourceType, AclFields.Text(acl.ResourceType)), (AclFields.ResourceName, acl.Name),
            (AclFields.PatternType, AclFields.Text(acl.PatternType)), (AclFields.PrincipalName, acl.Principal),
            (AclFields.Host, AclFields.AnyHost), (AclFields.Operation, AclFields.Text(acl.Operation)),
            (AclFields.Permission, AclFields.Text(acl.Permission)),
        ];
        return $"{links.Acls}?{string.Join('&', query.Select(part => $"{part.Name}={Uri.EscapeDataString(part.Value)}"))}";
    }
}
