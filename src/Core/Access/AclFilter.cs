namespace Serverless.Core.Access;

/// <summary>Which ACLs are meant: those that are as each part says that is there.</summary>
public sealed record AclFilter
{
    public AclResourceType? ResourceType { get; init; }

    public string? Name { get; init; }

    public AclPatternType? PatternType { get; init; }

    /// <summary>All that are about what has the name <see cref="Name"/>, instead of those that are named so: Kafka's <c>MATCH</c>.</summary>
    public bool ByWhatTheyCover { get; init; }

    public string? Principal { get; init; }

    public AclOperation? Operation { get; init; }

    public AclPermissionType? Permission { get; init; }

    public bool Has(AclBinding binding) =>
        (ResourceType ?? binding.ResourceType) == binding.ResourceType
        && (PatternType ?? binding.PatternType) == binding.PatternType
        && (Principal ?? binding.Principal) == binding.Principal
        && (Operation ?? binding.Operation) == binding.Operation
        && (Permission ?? binding.Permission) == binding.Permission
        && (Name is null || (ByWhatTheyCover ? binding.Covers(Name) : binding.Name == Name));
}
