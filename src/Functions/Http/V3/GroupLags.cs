using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Functions.Access;

namespace Serverless.Functions.Http.V3;

/// <summary>The lag of a group, of those partitions that it has committed, with the members that own them.</summary>
internal sealed record GroupLags(IReadOnlyList<PartitionLag> Partitions, GroupDescription? Group)
{
    public static Problem NotFound { get; } = Problem.NotFound("Consumer group not found, or it has committed nothing.");

    /// <summary>Those that the caller may see; 404/404 when the group is unknown or has no such commits.</summary>
    public static async ValueTask<GroupLags> OfAsync(
        IConsumerGroups groups, string group, Caller caller, CancellationToken cancellationToken)
    {
        var committed = (await groups.LagsAsync(group, cancellationToken)).VisibleTo(caller).Where(lag => lag.Committed >= 0).ToList();
        return committed.Count > 0
            ? new GroupLags(committed, await groups.DescribeAsync(group, cancellationToken))
            : throw new RequestException(NotFound);
    }

    public PartitionLag Find(TopicPartition at)
    {
        foreach (var lag in Partitions)
        {
            if (lag.At == at)
            {
                return lag;
            }
        }

        throw new RequestException(NotFound);
    }

    /// <summary>The static id of a member; "" where it has none, or there is no such member.</summary>
    public string GroupInstanceId(string owner) =>
        Group?.Members.FirstOrDefault(member => member.Instance == owner)?.GroupInstanceId ?? "";
}
