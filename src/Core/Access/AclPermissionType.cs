namespace Serverless.Core.Access;

/// <summary>Whether an ACL grants or forbids. What is forbidden stays so, whatever else grants it. Numbers are Kafka's.</summary>
public enum AclPermissionType
{
    Deny = 2,
    Allow = 3,
}
