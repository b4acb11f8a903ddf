using Serverless.Core;
using Serverless.Core.Idempotency;
using Serverless.Core.Log;
using Serverless.Core.Transactions;

namespace Serverless.Functions.Http.Produce;

/// <summary>A v2 produce request past its parser, on either path.</summary>
public sealed class ProducingV2(KeyGate gate, Producer producer, IProducerIds producers)
{
    /// <param name="partition">The partition that the path names, if it does.</param>
    internal ValueTask<Reply> ServeAsync(Call call, KeyedRequest? keyed, string topic, int? partition, ProduceRequestV2 request)
    {
        if (keyed is not null && request.Sequence is not null)
        {
            throw new RequestException(Problem.Content(
                $"producer and {IdempotencyHeader.Name} are two ways to the same end: one of them is enough."));
        }

        var needsKey = request.Sequence is null;
        return gate.ProduceAsync(call, keyed, topic, partition, needsKey, request.Records, async (found, key) =>
        {
            var to = found.OrThrow(partition);
            if (request.Sequence is { } sequence && !await producers.IsKnownAsync(sequence.ProducerId, call.Caller.Id, call.CancellationToken))
            {
                throw new RequestException(Problem.ProducerNotFound);
            }

            var identity = key is null ? (ProduceIdentity?)Spread(request.Sequence) : new ProduceIdentity.Key(key);
            var outcomes = await producer.ProduceAsync(to, request.Records, identity, call.CancellationToken);
            return new Produced(outcomes, ProduceReply.V2(call.ReplyType, outcomes));
        });
    }

    private ProduceIdentity.Sequence? Spread(ProduceIdentity.Sequence? sequence) => sequence is null ? null : sequence with
    {
        Spread = async (topic, cancellationToken) =>
            await producers.SpreadAsync(sequence.ProducerId, topic.Id, topic.Partitions, cancellationToken) switch
            {
                null => throw new RequestException(Problem.ProducerNotFound),
                { Error: ErrorCode.None, Partitions: var partitions } => partitions,
                _ => throw new RequestException(Problem.Content(
                    "The producer has been used with too many topics; create another, or name the partitions.")),
            },
    };
}
