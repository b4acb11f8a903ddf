using System.Collections.Frozen;
using Serverless.Core.Access;

namespace Serverless.Functions.Http.V3;

/// <summary>The words that v3 has for the parts of an ACL, and what is an ACL at all.</summary>
internal static class AclFields
{
    public const string ResourceType = "resource_type";
    public const string ResourceName = "resource_name";
    public const string PatternType = "pattern_type";
    public const string PrincipalName = "principal";
    public const string Host = "host";
    public const string Operation = "operation";
    public const string Permission = "permission";

    /// <summary>In a filter: whatever it is.</summary>
    public const string Any = "ANY";

    /// <summary>In a filter, as a pattern type: all ACLs that are about what has the name.</summary>
    public const string Match = "MATCH";

    /// <summary>Addresses are the network's matter: who is behind a proxy has its address.</summary>
    public const string AnyHost = "*";

    private static readonly FrozenDictionary<string, AclResourceType> ResourceTypes = new Dictionary<string, AclResourceType>
    {
        ["TOPIC"] = AclResourceType.Topic,
        ["GROUP"] = AclResourceType.Group,
        ["TRANSACTIONAL_ID"] = AclResourceType.TransactionalId,
        ["CLUSTER"] = AclResourceType.Cluster,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, AclPatternType> PatternTypes = new Dictionary<string, AclPatternType>
    {
        ["LITERAL"] = AclPatternType.Literal,
        ["PREFIXED"] = AclPatternType.Prefixed,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, AclOperation> Operations = new Dictionary<string, AclOperation>
    {
        ["ALL"] = AclOperation.All,
        ["READ"] = AclOperation.Read,
        ["WRITE"] = AclOperation.Write,
        ["CREATE"] = AclOperation.Create,
        ["DELETE"] = AclOperation.Delete,
        ["ALTER"] = AclOperation.Alter,
        ["DESCRIBE"] = AclOperation.Describe,
        ["DESCRIBE_CONFIGS"] = AclOperation.DescribeConfigs,
        ["ALTER_CONFIGS"] = AclOperation.AlterConfigs,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, AclPermissionType> Permissions = new Dictionary<string, AclPermissionType>
    {
        ["ALLOW"] = AclPermissionType.Allow,
        ["DENY"] = AclPermissionType.Deny,
    }.ToFrozenDictionary();

    // What nothing ever asks for is a mistake, and better told at once.
    private static readonly FrozenDictionary<AclResourceType, AclOperation[]> Known = new Dictionary<AclResourceType, AclOperation[]>
    {
        [AclResourceType.Topic] = [.. Operations.Values],
        [AclResourceType.Group] = [AclOperation.All, AclOperation.Read, AclOperation.Delete, AclOperation.Alter, AclOperation.Describe],
        [AclResourceType.TransactionalId] = [AclOperation.All, AclOperation.Write, AclOperation.Describe],
        [AclResourceType.Cluster] = [AclOperation.All, AclOperation.Create, AclOperation.Alter, AclOperation.Describe],
    }.ToFrozenDictionary();

    public static AclResourceType ResourceTypeOf(string text) => Of(ResourceTypes, ResourceType, text);

    public static AclPatternType PatternTypeOf(string text) => Of(PatternTypes, PatternType, text);

    public static AclOperation OperationOf(string text) => Of(Operations, Operation, text);

    public static AclPermissionType PermissionOf(string text) => Of(Permissions, Permission, text);

    public static string Text(AclResourceType value) => Text(ResourceTypes, value);

    public static string Text(AclPatternType value) => Text(PatternTypes, value);

    public static string Text(AclOperation value) => Text(Operations, value);

    public static string Text(AclPermissionType value) => Text(Permissions, value);

    /// <summary>What is wrong with an ACL, for people; null when it is fine.</summary>
    public static string? Complaint(AclBinding acl)
    {
        if (Access.PrincipalName.Complaint(acl.Principal) is { } principal)
        {
            return $"{PrincipalName}: {principal}";
        }

        if (!Known[acl.ResourceType].Contains(acl.Operation))
        {
            return $"{Operation} of a {Text(acl.ResourceType)} must be one of {string.Join(", ", Known[acl.ResourceType].Select(Text))}.";
        }

        return acl.ResourceType switch
        {
            AclResourceType.Cluster => acl is { Name: AclBinding.ClusterName, PatternType: AclPatternType.Literal }
                ? null
                : $"{ResourceName} of a CLUSTER must be {AclBinding.ClusterName}, LITERAL.",
            _ when acl.PatternType == AclPatternType.Literal && acl.Name == AclBinding.Wildcard => null,
            AclResourceType.Topic => RequestNames.CouldBeTopic(acl.Name) || (acl.PatternType == AclPatternType.Prefixed && acl.Name == ".")
                ? null
                : $"{ResourceName}: no topic can have, or begin with, this name.",
            _ => RequestNames.Complaint(acl.Name, ResourceName),
        };
    }

    private static T Of<T>(FrozenDictionary<string, T> words, string field, string text) =>
        words.TryGetValue(text.ToUpperInvariant(), out var value)
            ? value
            : throw new RequestException(
                Problem.Malformed($"{field} must be one of {string.Join(", ", words.Keys.Order(StringComparer.Ordinal))}."));

    private static string Text<T>(FrozenDictionary<string, T> words, T value)
        where T : struct, Enum => words.First(word => EqualityComparer<T>.Default.Equals(word.Value, value)).Key;
}
