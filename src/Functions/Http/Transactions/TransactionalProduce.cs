using System.Globalization;
using Serverless.Core.Idempotency;
using Serverless.Core.Log;
using Serverless.Core.Transactions;
using Serverless.Functions.Http.Produce;

namespace Serverless.Functions.Http.Transactions;

/// <summary>Records of a transaction past their parser, on either path.</summary>
/// <remarks>
/// A key counts within one transaction. What was aborted is added again by the next, by the same request and perhaps with the same
/// key: were it answered with what had become of it the first time, it would be lost. So the transaction is looked up where the request
/// does not name it. No transaction needs a key, whatever the settings say of others: who does not know what became of a request aborts.
/// </remarks>
public sealed class TransactionalProduce(KeyGate gate, ITransactions transactions)
{
    /// <param name="partition">The partition that the path names, if it does.</param>
    internal async ValueTask<Reply> ServeAsync(
        Call call, KeyedRequest? keyed, TransactionStep step, string topic, int? partition, IReadOnlyList<ProduceRecord> records)
    {
        if (keyed is not null)
        {
            var epoch = step.Epoch ?? (await transactions.DescribeAsync(
                step.TransactionalId, step.Instance, call.CancellationToken)).OrThrow().ProducerEpoch;
            (step, keyed) = (step with { Epoch = epoch }, keyed.Within(epoch.ToString(CultureInfo.InvariantCulture)));
        }

        return await gate.ProduceAsync(call, keyed, topic, partition, needsKey: false, records, async (found, key) =>
        {
            if (found is null || partition >= found.Partitions)
            {
                throw new RequestException(found is null ? Problem.TopicNotFound : Problem.PartitionNotFound);
            }

            if (found.IsInternal)
            {
                throw new RequestException(Problem.ReadOnlyTopic);
            }

            var outcomes = (await transactions.ProduceAsync(step, found, records, key, call.CancellationToken)).OrThrow();
            return new Produced(outcomes, ProduceReply.V2(call.ReplyType, outcomes));
        });
    }
}
