using Serverless.Core;
using Serverless.Core.Transactions;
using Serverless.Simulation.Bugs;
using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Audit;

/// <summary>The transactions of the service itself, held to what those of clients are.</summary>
internal sealed class AuditedTransactions(ITransactions transactions, TransactionAudit audit, EventLoop loop) : DelegatingTransactions(transactions)
{
    private readonly Dictionary<(string TransactionalId, string Instance), long> _producers = [];

    public override async ValueTask<TransactionAnswer<TransactionInstance>> InitAsync(
        string transactionalId, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var answer = await base.InitAsync(transactionalId, timeout, cancellationToken);
        if (answer.Value is { } instance)
        {
            loop.Check(() => audit.Initialized(transactionalId, instance.ProducerId, instance.ProducerEpoch));
            _producers[(transactionalId, instance.InstanceId)] = instance.ProducerId;
        }

        return answer;
    }

    public override async ValueTask<TransactionAnswer<bool>> EndAsync(TransactionStep step, bool commit, CancellationToken cancellationToken)
    {
        var producer = _producers[(step.TransactionalId, step.Instance)];
        if (commit)
        {
            audit.Asked(producer, step.Epoch!.Value);
        }

        var answer = await base.EndAsync(step, commit, cancellationToken);
        if (answer.Error == ErrorCode.None)
        {
            loop.Check(() => audit.Told(producer, step.Epoch!.Value, commit));
        }

        return answer;
    }
}
