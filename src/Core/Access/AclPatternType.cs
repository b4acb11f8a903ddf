namespace Serverless.Core.Access;

/// <summary>How an ACL's name is meant. Numbers are Kafka's.</summary>
public enum AclPatternType
{
    /// <summary>The very name; <c>*</c> stands for all.</summary>
    Literal = 3,

    /// <summary>All names that begin so.</summary>
    Prefixed = 4,
}
