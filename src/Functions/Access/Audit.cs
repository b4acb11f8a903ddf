using Serverless.Core.Access;

namespace Serverless.Functions.Access;

/// <summary>The audit log as one request writes it: it knows who asks, and by which id the request is known.</summary>
internal readonly struct Audit(AuditLog log, Caller caller, string correlationId)
{
    public void TopicCreated(string topic, int partitions) => log.TopicCreated(caller.Name, topic, partitions, correlationId);

    public void TopicDeleted(string topic) => log.TopicDeleted(caller.Name, topic, correlationId);

    public void PartitionsAdded(string topic, int partitions) => log.PartitionsAdded(caller.Name, topic, partitions, correlationId);

    public void ConfigsAltered(string topic, IEnumerable<string> configs) =>
        log.ConfigsAltered(caller.Name, topic, configs, correlationId);

    public void OffsetsReset(string group, int partitions) => log.OffsetsReset(caller.Name, group, partitions, correlationId);

    public void GroupDeleted(string group) => log.GroupDeleted(caller.Name, group, correlationId);

    public void AclCreated(AclBinding acl) => log.AclCreated(caller.Name, acl, correlationId);

    public void AclDeleted(AclBinding acl) => log.AclDeleted(caller.Name, acl, correlationId);

    public void DeliveryPut(string group, bool isNew) =>
        log.DeliveryChanged(caller.Name, isNew ? "made" : "replaced", group, correlationId);

    public void DeliveryPaused(string group, bool paused) =>
        log.DeliveryChanged(caller.Name, paused ? "paused" : "resumed", group, correlationId);

    public void DeliveryDeleted(string group) => log.DeliveryChanged(caller.Name, "deleted", group, correlationId);

    public void LettersReplayed(string group) => log.DeliveryChanged(caller.Name, "replayed dead letters of", group, correlationId);

    public void TransactionAborted(string transactionalId) => log.TransactionAborted(caller.Name, transactionalId, correlationId);
}
