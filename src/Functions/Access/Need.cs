using Serverless.Core.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Access;

/// <summary>What a request needs its caller to be allowed. Every function declares its own: none is forgotten, as there is no default.</summary>
/// <remarks>
/// Names are taken as they came, checked or not: what nobody may be called nobody has an ACL for, and who may do all is told by the
/// operation what is wrong with the name.
/// </remarks>
internal abstract record Need
{
    /// <summary>Nobody is asked who they are.</summary>
    public static Need Nothing { get; } = new NoNeed();

    /// <summary>It must be known who asks, and no more: the rest is in the body, or is shown only in part.</summary>
    public static Need Authenticated { get; } = new All([]);

    public static Need Topic(string topic, AclOperation operation) => new One(AclResourceType.Topic, topic, operation);

    /// <summary>All topics with names that begin so, those to come too.</summary>
    public static Need TopicsWith(string prefix, AclOperation operation) => new Every(AclResourceType.Topic, prefix, operation);

    public static Need Topics(IEnumerable<string> topics, AclOperation operation) =>
        new All([.. topics.Distinct(StringComparer.Ordinal).Select(topic => Topic(topic, operation))]);

    public static Need Group(string group, AclOperation operation) =>
        new One(AclResourceType.Group, RouteValue.Decode(group), operation);

    /// <summary>A scope of effects is kept as the group of its name is: as a rule it is the group whose records they are of.</summary>
    public static Need EffectScope(string scope) => Group(scope, AclOperation.Read);

    public static Need TransactionalId(string id, AclOperation operation) =>
        new One(AclResourceType.TransactionalId, RouteValue.Decode(id), operation);

    public static Need Cluster(AclOperation operation) => new One(AclResourceType.Cluster, AclBinding.ClusterName, operation);

    public Need And(Need other) => new All([this, other]);

    public Need Or(Need other) => new Any([this, other]);

    public abstract bool IsMetBy(Caller caller);

    private sealed record NoNeed : Need
    {
        public override bool IsMetBy(Caller caller) => true;
    }

    private sealed record One(AclResourceType Type, string Name, AclOperation Operation) : Need
    {
        public override bool IsMetBy(Caller caller) => caller.May(Type, Name, Operation);
    }

    private sealed record Every(AclResourceType Type, string Prefix, AclOperation Operation) : Need
    {
        public override bool IsMetBy(Caller caller) => caller.MayAll(Type, Prefix, Operation);
    }

    private sealed record All(IReadOnlyList<Need> Needs) : Need
    {
        public override bool IsMetBy(Caller caller) => Needs.All(need => need.IsMetBy(caller));
    }

    private sealed record Any(IReadOnlyList<Need> Needs) : Need
    {
        public override bool IsMetBy(Caller caller) => Needs.Any(need => need.IsMetBy(caller));
    }
}
