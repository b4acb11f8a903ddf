using System.Collections.Concurrent;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;

namespace Serverless.Core.Topics;

/// <summary>Topics in one table partition, with a short-lived cache.</summary>
/// <remarks>
/// A topic may be found here for some seconds after another instance deleted it. That is safe: its logs are closed before
/// its name is free, so an append to it is refused at the log, and the caller looks up the name again.
/// </remarks>
public sealed class TopicCatalog(
    IRowStore rows, PartitionLogs logs, TimeProvider clock, IIdSource ids, TopicOptions? options = null) : ITopicCatalog
{
    private const int AttemptsMax = 8;

    private readonly ConcurrentDictionary<string, (Topic Topic, long ReadAt)> _byName = new(StringComparer.Ordinal);
    private readonly TopicOptions _options = options ?? new();
    private Listing? _all;
    private int _changes;

    public TimeSpan CacheAgeMax { get; init; } = TimeSpan.FromSeconds(5);

    public async ValueTask<Topic?> FindAsync(string name, CancellationToken cancellationToken) =>
        _byName.TryGetValue(name, out var cached) && clock.GetElapsedTime(cached.ReadAt) < CacheAgeMax
            ? cached.Topic
            : await RefreshAsync(name, cancellationToken);

    public async ValueTask<Topic?> RefreshAsync(string name, CancellationToken cancellationToken)
    {
        if (!TopicName.IsLegal(name))
        {
            return null;
        }

        var topic = await ReadAsync(name, cancellationToken) is { Deleting: false } stored ? stored.Topic : null;
        Remember(name, topic);
        return topic;
    }

    public async ValueTask<IReadOnlyList<Topic>> ListAsync(CancellationToken cancellationToken)
    {
        if (_all is { } cached && clock.GetElapsedTime(cached.ReadAt) < CacheAgeMax)
        {
            return cached.Topics;
        }

        var readAt = clock.GetTimestamp();
        var changes = Volatile.Read(ref _changes);
        var topics = new List<Topic>();
        for (var query = RowQuery.Prefix(TopicRow.Partition, TopicRow.Prefix); ;)
        {
            var page = await rows.QueryAsync(Layout.TopicsTable, query, cancellationToken);
            topics.AddRange(page.Rows.Select(TopicRow.Decode).Where(stored => !stored.Deleting).Select(stored => stored.Topic));
            if (!page.More)
            {
                break;
            }

            query = query.Behind(page.Rows[^1].Key.Row);
        }

        if (changes == Volatile.Read(ref _changes))
        {
            _all = new Listing(topics, topics.ToDictionary(topic => topic.Name, StringComparer.Ordinal), readAt);
        }

        return topics;
    }

    public async ValueTask<TopicAnswer> CreateAsync(
        string name, int partitions, IReadOnlyDictionary<string, string?> settings, bool validateOnly, string? requestId,
        CancellationToken cancellationToken)
    {
        if (TopicName.Complaint(name) is { } complaint)
        {
            return new TopicAnswer(ErrorCode.InvalidTopic, null, complaint);
        }

        if (partitions < 1 || partitions > _options.PartitionsMax)
        {
            return new TopicAnswer(
                ErrorCode.InvalidPartitions, null, $"Number of partitions must be 1 to {_options.PartitionsMax}, not {partitions}.");
        }

        if (TopicSettings.Default.With(settings, out complaint) is not { } checkedSettings)
        {
            return new TopicAnswer(ErrorCode.InvalidConfig, null, complaint);
        }

        var isFull = (await ListAsync(cancellationToken)).Count >= _options.TopicsMax;
        var tried = new Dictionary<string, Topic>(StringComparer.Ordinal);
        return await DecideAsync(name, stored => stored switch
        {
            // Found with an id of ours: it is the reply to our own insert that was lost. It may even have been deleted since.
            not null when tried.TryGetValue(stored.Topic.Id, out var made) => Decision.Done(made),
            not null when requestId is not null && stored.RequestId == requestId =>
                Decision.Done(new Topic(name, stored.Topic.Id, partitions, checkedSettings)),
            { Deleting: true, Freed: false } => Decision.Refuse(ErrorCode.TopicAlreadyExists, $"Topic '{name}' is still being deleted."),
            { Freed: false } => Decision.Refuse(ErrorCode.TopicAlreadyExists, $"Topic '{name}' already exists."),
            _ when isFull => Decision.Refuse(ErrorCode.PolicyViolation, $"There are at most {_options.TopicsMax} topics."),
            _ when validateOnly => Decision.Done(Next()),
            _ => Decision.Write(new StoredTopic(Next(), Deleting: false, stored?.ETag) { RequestId = requestId }),
        }, cancellationToken);

        // An id for each try: what came of one before, and was deleted since, must not come back with its logs closed.
        Topic Next()
        {
            var topic = new Topic(name, ids.NewId(), partitions, checkedSettings);
            tried.Add(topic.Id, topic);
            return topic;
        }
    }

    public ValueTask<TopicAnswer> SetPartitionsAsync(string name, int partitions, CancellationToken cancellationToken)
    {
        var sent = false;
        return DecideAsync(name, stored =>
        {
            if (stored is not { Deleting: false })
            {
                return Decision.Unknown(name);
            }

            if (sent && stored.Topic.Partitions == partitions)
            {
                return Decision.Done(stored.Topic);
            }

            if (partitions <= stored.Topic.Partitions || partitions > _options.PartitionsMax)
            {
                return Decision.Refuse(
                    ErrorCode.InvalidPartitions,
                    $"Topic '{name}' has {stored.Topic.Partitions} partitions; the new count must be higher and at most {_options.PartitionsMax}.");
            }

            sent = true;
            return Decision.Write(stored with { Topic = stored.Topic with { Partitions = partitions } });
        }, cancellationToken);
    }

    public ValueTask<TopicAnswer> AlterSettingsAsync(
        string name, IReadOnlyDictionary<string, string?> settings, bool validateOnly, CancellationToken cancellationToken) =>
        DecideAsync(name, stored =>
        {
            if (stored is not { Deleting: false })
            {
                return Decision.Unknown(name);
            }

            if (stored.Topic.Settings.With(settings, out var complaint) is not { } altered)
            {
                return Decision.Refuse(ErrorCode.InvalidConfig, complaint!);
            }

            // Setting the same values twice comes to the same, so a lost reply needs no more care.
            return validateOnly || altered.Equals(stored.Topic.Settings)
                ? Decision.Done(stored.Topic with { Settings = altered })
                : Decision.Write(stored with { Topic = stored.Topic with { Settings = altered } });
        }, cancellationToken);

    public async ValueTask<TopicAnswer> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        Topic? found = null;
        var marked = await DecideAsync(name, stored =>
        {
            if (found is not null && stored?.Topic.Id != found.Id)
            {
                // It is gone, by our own first try or by another's. What has the name now is not what we were asked to delete.
                return Decision.Done(found);
            }

            if (stored is null || (stored.Deleting && found is null))
            {
                return Decision.Unknown(name);
            }

            found = stored.Topic;
            return stored.Deleting ? Decision.Done(found) : Decision.Write(stored with { Deleting = true });
        }, cancellationToken);
        if (marked.Error == ErrorCode.None)
        {
            await FinishDeleteAsync(marked.Topic!, cancellationToken);
        }

        return marked;
    }

    /// <summary>Closes the logs of a topic that is marked as deleting, then frees its name. Safe to repeat, by anyone.</summary>
    internal async ValueTask FinishDeleteAsync(Topic topic, CancellationToken cancellationToken)
    {
        const int AtOnce = 16;
        for (var from = 0; from < topic.Partitions; from += AtOnce)
        {
            var count = Math.Min(AtOnce, topic.Partitions - from);
            await Task.WhenAll(Enumerable.Range(from, count).Select(
                partition => logs.CloseAsync(topic.Id, partition, cancellationToken).AsTask()));
        }

        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var (read, servedAt) = await ReadServedAsync(topic.Name, cancellationToken);
            if (read is not { Deleting: true, Freed: false } stored || stored.Topic.Id != topic.Id)
            {
                Remember(topic.Name, null);
                return;
            }

            // By the service's clock, as another instance will ask how long ago it was.
            var deleted = new DeletedTopic(topic.Id, topic.Name, stored.Topic.Partitions, servedAt, ETag: null);
            await rows.SubmitAsync(
                Layout.TopicsTable,
                TopicRow.Partition,
                [
                    RowAction.Replace(TopicRow.Row(topic.Name), TopicRow.Encode(stored with { Freed = true }), stored.ETag!),
                    RowAction.Insert(DeletedTopicRow.Row(topic.Id), DeletedTopicRow.Encode(deleted)),
                ],
                cancellationToken);
        }

        throw Contended(topic.Name);
    }

    // The one loop that settles contention for topics: read, decide, write if the row still is what was read.
    private async ValueTask<TopicAnswer> DecideAsync(
        string name, Func<StoredTopic?, Decision> decide, CancellationToken cancellationToken)
    {
        if (!TopicName.IsLegal(name))
        {
            return new TopicAnswer(ErrorCode.UnknownTopicOrPartition, null, $"Topic '{name}' not found.");
        }

        var unsettled = false;
        string? lostOn = null;
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var stored = await ReadAsync(name, cancellationToken);
            var decision = decide(stored);
            if (decision.Next is not { } next)
            {
                // Refused now; but an earlier try may have been made, and undone by another since. Nobody can say.
                return !unsettled || decision.Answer.Error == ErrorCode.None ? decision.Answer : throw Unsettled(name);
            }

            // It goes out again only to the row that it was lost on. Whoever changed that may have undone what the lost try made,
            // and it would be made twice.
            if (unsettled && stored?.ETag != lostOn)
            {
                throw Unsettled(name);
            }

            var columns = TopicRow.Encode(next);
            var action = next.ETag is { } etag
                ? RowAction.Replace(TopicRow.Row(name), columns, etag)
                : RowAction.Insert(TopicRow.Row(name), columns);
            var result = await rows.SubmitAsync(Layout.TopicsTable, TopicRow.Partition, [action], cancellationToken);
            if (result.Outcome == SubmitOutcome.Committed)
            {
                Remember(name, next.Deleting ? null : next.Topic);
                return new TopicAnswer(ErrorCode.None, next.Topic);
            }

            if (result.Outcome == SubmitOutcome.Unknown)
            {
                (unsettled, lostOn) = (true, next.ETag);
            }
        }

        throw Contended(name);
    }

    private async ValueTask<StoredTopic?> ReadAsync(string name, CancellationToken cancellationToken) =>
        (await ReadServedAsync(name, cancellationToken)).Stored;

    private async ValueTask<(StoredTopic? Stored, DateTimeOffset ServedAt)> ReadServedAsync(
        string name, CancellationToken cancellationToken)
    {
        var read = await rows.GetAsync(
            Layout.TopicsTable, new RowKey(TopicRow.Partition, TopicRow.Row(name)), cancellationToken);
        return (read.Row is { } row ? TopicRow.Decode(row) : null, read.ServedAt);
    }

    private void Remember(string name, Topic? topic)
    {
        if (_all is not { } listing || listing.ByName.GetValueOrDefault(name) != topic)
        {
            // A list that is being read right now may have missed the change too.
            Interlocked.Increment(ref _changes);
            _all = null;
        }

        if (topic is null)
        {
            _byName.TryRemove(name, out _);
        }
        else
        {
            _byName[name] = (topic, clock.GetTimestamp());
        }
    }

    private static StorageException Unsettled(string name) =>
        new($"Whether topic '{name}' was changed is unknown.", retriable: true);

    private static StorageException Contended(string name) =>
        new($"Topic '{name}' is being changed by too many at once.", retriable: true);

    private sealed record Listing(IReadOnlyList<Topic> Topics, Dictionary<string, Topic> ByName, long ReadAt);

    private readonly record struct Decision(StoredTopic? Next, TopicAnswer Answer)
    {
        public static Decision Write(StoredTopic next) => new(next, default);

        public static Decision Done(Topic topic) => new(null, new TopicAnswer(ErrorCode.None, topic));

        public static Decision Refuse(ErrorCode error, string message) => new(null, new TopicAnswer(error, null, message));

        public static Decision Unknown(string name) =>
            Refuse(ErrorCode.UnknownTopicOrPartition, $"Topic '{name}' not found.");
    }
}
