namespace Serverless.Core.Access;

/// <summary>One ACL: a principal may, or must not, do something with what has this name. Kafka's model, for all hosts alike.</summary>
/// <param name="Principal">As Kafka writes it, with its type before it: <c>User:…</c>, <c>Key:…</c> or <c>Role:…</c>.</param>
public sealed record AclBinding(
    AclResourceType ResourceType, string Name, AclPatternType PatternType, string Principal, AclOperation Operation, AclPermissionType Permission)
{
    /// <summary>As a literal name: all of them.</summary>
    public const string Wildcard = "*";

    /// <summary>The name of the one cluster, as Kafka has it.</summary>
    public const string ClusterName = "kafka-cluster";

    /// <summary>Whether it is about what has this name.</summary>
    public bool Covers(string name) => PatternType == AclPatternType.Prefixed
        ? name.StartsWith(Name, StringComparison.Ordinal)
        : Name == Wildcard || Name == name;

    /// <summary>Whether it is about every name that begins so.</summary>
    public bool CoversAllWith(string prefix) => PatternType == AclPatternType.Prefixed
        ? prefix.StartsWith(Name, StringComparison.Ordinal)
        : Name == Wildcard;

    /// <summary>Whether it is about some name that begins so.</summary>
    public bool MeetsSomeWith(string prefix) => PatternType == AclPatternType.Prefixed
        ? prefix.StartsWith(Name, StringComparison.Ordinal) || Name.StartsWith(prefix, StringComparison.Ordinal)
        : Name == Wildcard || Name.StartsWith(prefix, StringComparison.Ordinal);

    /// <summary>Whether it grants the operation, by itself or by what Kafka has it imply.</summary>
    public bool Grants(AclOperation operation) =>
        Permission == AclPermissionType.Allow && (Operation == AclOperation.All || Operation == operation || Implies(operation));

    /// <summary>Whether it forbids the operation. As in Kafka a denial implies nothing but what it says.</summary>
    public bool Forbids(AclOperation operation) =>
        Permission == AclPermissionType.Deny && (Operation == AclOperation.All || Operation == operation);

    private bool Implies(AclOperation operation) => operation switch
    {
        AclOperation.Describe => Operation is AclOperation.Read or AclOperation.Write or AclOperation.Delete or AclOperation.Alter,
        AclOperation.DescribeConfigs => Operation == AclOperation.AlterConfigs,
        _ => false,
    };
}
