namespace Serverless.Core.Access;

/// <summary>What an ACL lets do, or keeps from doing. Names and numbers are Kafka's; those that nothing here asks for are not there.</summary>
public enum AclOperation
{
    All = 2,

    /// <summary>To consume: records of a topic; membership and commits of a group.</summary>
    Read = 3,

    /// <summary>To produce: records to a topic; transactions of a transactional id.</summary>
    Write = 4,
    Create = 5,
    Delete = 6,

    /// <summary>Partitions of a topic, the delivery of a group, ACLs of the cluster.</summary>
    Alter = 7,

    /// <summary>To know that it is there. Whoever may read, write, delete or alter may also do this.</summary>
    Describe = 8,
    DescribeConfigs = 10,
    AlterConfigs = 11,
}
