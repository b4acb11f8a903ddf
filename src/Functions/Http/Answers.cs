using System.Text.Json;
using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;

namespace Serverless.Functions.Http;

/// <summary>Core's answers: their values, or the refusal that they are.</summary>
internal static class Answers
{
    public static void OrThrow(this GroupAnswer answer)
    {
        if (answer.Error != ErrorCode.None)
        {
            throw new RequestException(ErrorReply.FromGroup(answer.Error, answer.Message));
        }
    }

    public static T OrThrow<T>(this GroupAnswer<T> answer) => answer.Error == ErrorCode.None
        ? answer.Value!
        : throw new RequestException(ErrorReply.FromGroup(answer.Error, answer.Message));

    public static T OrThrow<T>(this TransactionAnswer<T> answer) => answer.Error == ErrorCode.None
        ? answer.Value!
        : throw new RequestException(ErrorReply.FromTransaction(answer.Error, answer.Message));

    public static Topic OrThrow(this TopicAnswer answer) => answer.Error == ErrorCode.None
        ? answer.Topic!
        : throw new RequestException(ErrorReply.FromTopic(answer.Error, answer.Message));

    /// <summary>A poll's records; a record that cannot be shown is told with its place, so that the client can seek past it.</summary>
    public static PollAnswer OrThrow(this PollAnswer answer) => answer.Error == ErrorCode.None
        ? answer
        : throw new RequestException(
            ErrorReply.FromGroup(answer.Error, answer.Message),
            answer.At is { } at ? json => WritePlace(json, at, answer.AtOffset) : null);

    public static void WritePlace(Utf8JsonWriter json, TopicPartition at, long offset)
    {
        json.WriteString("topic"u8, at.Topic);
        json.WriteNumber("partition"u8, at.Partition);
        if (offset >= 0)
        {
            json.WriteNumber("offset"u8, offset);
        }
    }

    /// <summary>The error of offsets that name something unknown says which: the topic, or only the partition.</summary>
    public static async ValueTask<GroupAnswer<T>> NamingUnknownAsync<T>(
        this GroupAnswer<T> answer, ITopicCatalog topics, IEnumerable<TopicPartition> named, CancellationToken cancellationToken)
    {
        await topics.NameUnknownAsync(answer.Error, named, cancellationToken);
        return answer;
    }

    /// <inheritdoc cref="NamingUnknownAsync{T}(GroupAnswer{T}, ITopicCatalog, IEnumerable{TopicPartition}, CancellationToken)"/>
    public static async ValueTask<TransactionAnswer<T>> NamingUnknownAsync<T>(
        this TransactionAnswer<T> answer, ITopicCatalog topics, IEnumerable<TopicPartition> named, CancellationToken cancellationToken)
    {
        await topics.NameUnknownAsync(answer.Error, named, cancellationToken);
        return answer;
    }

    private static async ValueTask NameUnknownAsync(
        this ITopicCatalog topics, ErrorCode error, IEnumerable<TopicPartition> named, CancellationToken cancellationToken)
    {
        if (error != ErrorCode.UnknownTopicOrPartition)
        {
            return;
        }

        foreach (var at in named)
        {
            var topic = await topics.TopicAsync(at.Topic, cancellationToken);
            await topics.WithPartitionAsync(topic, at.Partition, cancellationToken);
        }
    }

    /// <summary>The topic; 404/40401 when there is none, and at once when no topic can have the name.</summary>
    public static async ValueTask<Topic> TopicAsync(this ITopicCatalog topics, string segment, CancellationToken cancellationToken) =>
        await topics.FindLegalAsync(segment, cancellationToken) ?? throw new RequestException(Problem.TopicNotFound);

    /// <summary>The topic that was found, with the partition that a path names, if it does; else 404.</summary>
    public static Topic OrThrow(this Topic? found, int? partition) =>
        found is null ? throw new RequestException(Problem.TopicNotFound)
        : partition >= found.Partitions ? throw new RequestException(Problem.PartitionNotFound)
        : found;

    /// <summary>The topic or null; storage is not asked for a name that no topic can have.</summary>
    public static async ValueTask<Topic?> FindLegalAsync(
        this ITopicCatalog topics, string segment, CancellationToken cancellationToken) =>
        RequestNames.CouldBeTopic(segment) ? await topics.FindAsync(segment, cancellationToken) : null;

    /// <summary>The topic when it has the partition, looked up again before that is denied: partitions are added; else 404/40402.</summary>
    public static async ValueTask<Topic> WithPartitionAsync(
        this ITopicCatalog topics, Topic topic, int partition, CancellationToken cancellationToken)
    {
        if (partition < topic.Partitions)
        {
            return topic;
        }

        if (partition >= Limits.PartitionsMax)
        {
            throw new RequestException(Problem.PartitionNotFound);
        }

        var fresh = await topics.RefreshAsync(topic.Name, cancellationToken) ?? throw new RequestException(Problem.TopicNotFound);
        return partition < fresh.Partitions ? fresh : throw new RequestException(Problem.PartitionNotFound);
    }
}
