using Serverless.Core.Access;
using Serverless.Core.Groups.View;
using Serverless.Functions.Http;

namespace Serverless.Functions.Access;

/// <summary>Who asks, and what they may do, for one request.</summary>
internal sealed class Caller
{
    private readonly bool _mayAll;
    private readonly Principal? _principal;
    private readonly AclRules? _rules;

    private Caller(Principal? principal, AclRules? rules, bool mayAll) => (_principal, _rules, _mayAll) = (principal, rules, mayAll);

    /// <summary>Callers are not told apart: development.</summary>
    public static Caller Anyone { get; } = new(null, null, mayAll: true);

    /// <summary>Nobody was asked who they are, and so they may do nothing that would need it.</summary>
    public static Caller Nobody { get; } = new(null, null, mayAll: false);

    public static Caller Super(Principal principal) => new(principal, null, mayAll: true);

    public static Caller Of(Principal principal, AclRules rules) => new(principal, rules, mayAll: false);

    /// <summary>Whose something is that only its maker may use; empty where callers are not told apart.</summary>
    public string Id => _principal?.Name ?? "";

    /// <summary>For logs; Kafka's name for who has none.</summary>
    public string Name => _principal?.Name ?? "User:ANONYMOUS";

    public bool May(AclResourceType type, string name, AclOperation operation) =>
        _mayAll || Allows(type, name, operation)
        // The view shows what all groups have committed: who may look at the cluster may look at it.
        || (type == AclResourceType.Topic && name == OffsetsTopic.Name && operation is (AclOperation.Read or AclOperation.Describe)
            && Allows(AclResourceType.Cluster, AclBinding.ClusterName, AclOperation.Describe)
            && !_rules!.Forbid(_principal!, type, name, operation));

    public bool MayAll(AclResourceType type, string prefix, AclOperation operation) =>
        _mayAll || (_principal is not null && _rules?.AllowAll(_principal, type, prefix, operation) == true);

    public bool MaySeeTopic(string topic) => May(AclResourceType.Topic, topic, AclOperation.Describe);

    public bool MaySeeGroup(string group) => May(AclResourceType.Group, group, AclOperation.Describe);

    /// <summary>Throws 403/40301 where the caller is not allowed what is needed.</summary>
    /// <remarks>It says no more than that: not what is missing, nor whether what was named is there.</remarks>
    public void Demand(Need need)
    {
        if (!need.IsMetBy(this))
        {
            throw new RequestException(Problem.Forbidden);
        }
    }

    private bool Allows(AclResourceType type, string name, AclOperation operation) =>
        _principal is not null && _rules?.Allow(_principal, type, name, operation) == true;
}
