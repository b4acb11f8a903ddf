namespace Serverless.Core.Access;

/// <summary>What an ACL is about. Names and numbers are Kafka's.</summary>
public enum AclResourceType
{
    Topic = 2,
    Group = 3,

    /// <summary>All that is no topic's, group's or transactional id's. There is one, of the name <see cref="AclBinding.ClusterName"/>.</summary>
    Cluster = 4,
    TransactionalId = 5,
}
