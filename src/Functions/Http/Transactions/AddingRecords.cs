using System.Globalization;
using Serverless.Core.Idempotency;
using Serverless.Core.Log;
using Serverless.Core.Transactions;
using Serverless.Functions.Http.Produce;

namespace Serverless.Functions.Http.Transactions;

/// <summary>A request that adds records to a transaction, past its parser, on either path.</summary>
/// <remarks>
/// A key counts within its transaction. What was added to one that was aborted is gone: in the next one the same key must not be answered
/// with where that was. So the transaction is found out first where the request does not name it, and the step is only taken in that one.
/// No transaction needs a key, whatever the settings say of other requests: who does not know what became of one aborts.
/// </remarks>
public sealed class AddingRecords(KeyGate gate, ITransactions transactions)
{
    /// <param name="partition">The partition that the path names, if it does.</param>
    internal async ValueTask<Reply> ServeAsync(
        Call call, KeyedRequest? keyed, TransactionStep step, string topic, int? partition, IReadOnlyList<ProduceRecord> records)
    {
        if (keyed is not null)
        {
            step = step.Epoch is null ? await NamedAsync(step, call.CancellationToken) : step;
            keyed = keyed.Within(step.Epoch!.Value.ToString(CultureInfo.InvariantCulture));
        }

        return await gate.ProduceAsync(call, keyed, topic, partition, needsKey: false, records, async (found, key) =>
        {
            var to = found.OrThrow(partition);
            if (to.IsInternal)
            {
                throw new RequestException(Problem.ReadOnlyTopic);
            }

            var outcomes = (await transactions.ProduceAsync(step, to, records, key, call.CancellationToken)).OrThrow();
            return new Produced(outcomes, ProduceReply.V2(call.ReplyType, outcomes));
        });
    }

    private async ValueTask<TransactionStep> NamedAsync(TransactionStep step, CancellationToken cancellationToken)
    {
        var now = (await transactions.DescribeAsync(step.TransactionalId, step.Instance, cancellationToken)).OrThrow();
        return step with { Epoch = now.ProducerEpoch };
    }
}
