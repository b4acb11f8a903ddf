using Serverless.Core;
using Serverless.Core.Delivery;
using Serverless.Core.Effects;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Bugs;
using Serverless.Simulation.Workload;

namespace Serverless.Simulation.World;

/// <summary>What one process has to deliver with: the real classes.</summary>
internal sealed class DeliveryProcess
{
    public DeliveryProcess(
        PlantedBug bug, Instance at, Random random, DeliveryOptions options, Receiver receiver, TransactionAudit audit, IWorkerStarter starter)
    {
        var plant = new PlantedDelivery(bug, at);
        var ids = new RandomIdSource(new Random(random.Next()));
        var deliveries = new Deliveries(at.Rows, ids, at.Clock, random);
        var targets = new DeliveryTargets(plant.Webhooks(receiver.Webhooks(at)), receiver.Handlers(at), at.Rows,
            new EffectLedger(at.Rows, at.Clock, ids, new EffectOptions(), new StrictLogger<EffectLedger>(at.Context.Loop)), at.Clock, options);
        Deliveries = deliveries;
        Admin = new DeliveryAdmin(deliveries, targets, at.Groups, at.Topics, options);
        Worker = new DeliveryWorker(
            deliveries, targets, plant.Members(at.Groups), plant.Shares(at.Shares), plant.Logs(at.Logs), at.Topics,
            plant.Transactions(new AuditedTransactions(at.Transactions, audit, at.Context.Loop)), at.Clock, random, options,
            new StrictLogger<DeliveryWorker>(at.Context.Loop));
        Supervisor = new DeliverySupervisor(
            deliveries, new DeliveryStates(at.Groups, at.Topics, at.Logs, at.Clock), at.Groups, starter, ids, options, at.Clock,
            new StrictLogger<DeliverySupervisor>(at.Context.Loop));
    }

    public Deliveries Deliveries { get; }

    public DeliveryAdmin Admin { get; }

    public DeliveryWorker Worker { get; }

    public DeliverySupervisor Supervisor { get; }
}
