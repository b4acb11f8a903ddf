using System.Globalization;
using Serverless.Core;
using Serverless.Core.Idempotency;
using Serverless.Core.Log;
using Serverless.Core.Topics;

namespace Serverless.Functions.Http;

/// <summary>What became of a produce request, and the reply that says so.</summary>
internal readonly record struct Produced(IReadOnlyList<ProduceOutcome> Outcomes, Reply Reply);

/// <summary>Where requests pass that may have an <c>Idempotency-Key</c>: with the same key, what was done is not done again.</summary>
/// <remarks>
/// Everything that may be wrong with a request by itself is checked before. A reply is kept when a repetition could come to nothing
/// else: success, 404 and 413. After any other one, and where records may or may not be stored, a repetition really tries again, and goes
/// on where the last attempt ended.
/// </remarks>
public sealed class KeyGate(
    IdempotencyKeys keys, IdempotencyOptions options, ITopicCatalog topics, Producer producer, IIdSource ids, TimeProvider clock)
{
    private const int TopicChangesMax = 4;

    // The client has its answer by then, or has gone: nobody waits longer for it to be kept.
    private static readonly TimeSpan KeepTimeMax = TimeSpan.FromSeconds(10);

    /// <summary>Runs an operation that stores no records.</summary>
    /// <param name="request">Null: it has no key, and runs.</param>
    /// <param name="run">Is given an id that all attempts at the request have, and no other request has.</param>
    internal ValueTask<Reply> OnceAsync(Call call, KeyedRequest? request, Func<string, ValueTask<Reply>> run) => request is null
        ? run(ids.NewId())
        : ServeAsync(call, request, (_, _) => ValueTask.FromResult<ProduceStart?>(null), async attempt =>
        {
            var reply = await run(attempt.RequestId);
            return (reply, IsFinal(reply));
        });

    /// <summary>Stores records of a request to a topic.</summary>
    /// <param name="partition">The partition that the path names, if it does.</param>
    /// <param name="needsKey">Whether the request has nothing else to be known by when it comes again.</param>
    /// <param name="produce">
    /// Is given the topic, or null where there is none, and what the log is to know the request by. Is called again where the topic was
    /// deleted and made anew in the middle of it.
    /// </param>
    internal async ValueTask<Reply> ProduceAsync(
        Call call, KeyedRequest? request, string topicName, int? partition, bool needsKey, IReadOnlyList<ProduceRecord> records,
        Func<Topic?, RequestKey?, ValueTask<Produced>> produce)
    {
        if (request is null && needsKey && options.KeyRequired)
        {
            throw new RequestException(Problem.KeyRequired);
        }

        var topic = await FindAsync(topicName, partition, call.CancellationToken);
        if (request is null)
        {
            return needsKey && topic?.Settings.IdempotencyKeyRequired == true
                ? throw new RequestException(Problem.KeyRequired)
                : (await produce(topic, null)).Reply;
        }

        return await ServeAsync(call, request, StartAsync, async attempt =>
        {
            for (var changes = 0; ; changes++)
            {
                var (outcomes, reply) = await produce(topic, attempt.Key);
                if (topic is null || !outcomes.Any(Producer.IsTopicGone)
                    || await topics.RefreshAsync(topic.Name, call.CancellationToken) is not { } anew || anew.Id == topic.Id)
                {
                    return (reply, IsFinal(reply) && outcomes.All(IsFinal));
                }

                // Written down before anything goes there, so that no attempt stores where the next one does not look.
                topic = anew;
                var start = await producer.StartAsync(anew, records, attempt.Key!.Hash, call.CancellationToken);
                if (changes == TopicChangesMax || !await keys.RestartAsync(attempt, start, call.CancellationToken))
                {
                    throw new RequestException(Problem.KeyInUse(options.Lease));
                }
            }
        });

        async ValueTask<ProduceStart?> StartAsync(long hash, ProduceStart? before)
        {
            if (before is not null && before.TopicId != topic?.Id)
            {
                // An earlier attempt may have known of a newer topic than this process does, and have stored records there.
                topic = await topics.RefreshAsync(topicName, call.CancellationToken);
            }

            return topic is null or { IsInternal: true } || before?.TopicId == topic.Id
                ? before
                : await producer.StartAsync(topic, records, hash, call.CancellationToken);
        }
    }

    private async ValueTask<Topic?> FindAsync(string name, int? partition, CancellationToken cancellationToken)
    {
        var topic = await topics.FindLegalAsync(name, cancellationToken);
        return topic is not null && partition >= topic.Partitions && partition < Limits.PartitionsMax
            ? await topics.RefreshAsync(name, cancellationToken)
            : topic;
    }

    private async ValueTask<Reply> ServeAsync(
        Call call, KeyedRequest request, StartOf start, Func<KeyAttempt, ValueTask<(Reply Reply, bool IsFinal)>> run)
    {
        switch (await keys.BeginAsync(request, start, call.CancellationToken))
        {
            case KeyAnswer.Answered answered:
                return Replay(answered);
            case KeyAnswer.Running running:
                throw new RequestException(Problem.KeyInUse(running.RetryAfter));
            case KeyAnswer.Begun { Attempt: var attempt }:
                return await RunAsync(call, attempt, run);
            default:
                throw new RequestException(Problem.KeyReused);
        }
    }

    private async ValueTask<Reply> RunAsync(
        Call call, KeyAttempt attempt, Func<KeyAttempt, ValueTask<(Reply Reply, bool IsFinal)>> run)
    {
        StoredReply? kept = null;
        try
        {
            var (reply, isFinal) = await AnswerAsync();
            kept = isFinal ? new StoredReply(reply.Status, reply.ContentType, reply.Headers, reply.Body) : null;
            return reply.With(IdempotencyHeader.Expires, HttpDate(attempt.ExpiresAt));
        }
        finally
        {
            // Whatever it ended by, and though the client may have gone.
            using var time = new CancellationTokenSource(KeepTimeMax, clock);
            await (kept is null ? keys.AbandonAsync(attempt, time.Token) : keys.FinishAsync(attempt, kept, time.Token));
        }

        async ValueTask<(Reply, bool)> AnswerAsync()
        {
            try
            {
                return await run(attempt);
            }
            catch (RequestException refused)
            {
                var reply = call.Refusal(refused);
                return (reply, IsFinal(reply));
            }
        }
    }

    private static Reply Replay(KeyAnswer.Answered answered) => new Reply
    {
        Status = answered.Reply.Status,
        ContentType = answered.Reply.ContentType,
        Headers = answered.Reply.Headers,
        Body = answered.Reply.Body,
    }
    .With(IdempotencyHeader.Expires, HttpDate(answered.ExpiresAt))
    .With(IdempotencyHeader.Replayed, "true");

    private static bool IsFinal(Reply reply) => reply.Status is (>= 200 and < 300) or 404 or 413;

    // Stored, or refused for what another attempt would be refused for as well.
    private static bool IsFinal(ProduceOutcome outcome) => outcome.Error is ErrorCode.None or ErrorCode.UnknownTopicOrPartition
        or ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge;

    private static string HttpDate(DateTimeOffset moment) => moment.ToString("R", CultureInfo.InvariantCulture);
}
