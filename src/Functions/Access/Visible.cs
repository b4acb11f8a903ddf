using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Transactions;

namespace Serverless.Functions.Access;

/// <summary>What a list or a description shows a caller: of topics and groups that he may not describe, nothing.</summary>
internal static class Visible
{
    public static IReadOnlyList<TopicPartition> VisibleTo(this IReadOnlyList<TopicPartition> partitions, Caller caller) =>
        [.. partitions.Where(at => caller.MaySeeTopic(at.Topic))];

    public static IReadOnlyList<GroupOffset> VisibleTo(this IReadOnlyList<GroupOffset> offsets, Caller caller) =>
        [.. offsets.Where(offset => caller.MaySeeTopic(offset.At.Topic))];

    public static IReadOnlyList<PartitionLag> VisibleTo(this IReadOnlyList<PartitionLag> lags, Caller caller) =>
        [.. lags.Where(lag => caller.MaySeeTopic(lag.At.Topic))];

    public static TransactionDescription VisibleTo(this TransactionDescription transaction, Caller caller) => transaction with
    {
        Partitions = transaction.Partitions.VisibleTo(caller),
        Groups = [.. transaction.Groups.Where(caller.MaySeeGroup)],
    };
}
