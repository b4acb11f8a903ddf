using Microsoft.Extensions.Logging;
using Serverless.Core.Access;

namespace Serverless.Functions.Access;

/// <summary>Who changed what: one line each, with the request's id. No record, no secret, and nothing of a client's that has no bounds.</summary>
public sealed partial class AuditLog(ILogger<AuditLog> logger)
{
    [LoggerMessage(Level = LogLevel.Information, EventName = nameof(TopicCreated),
        Message = "{Principal} created topic {Topic} with {Partitions} partitions (request {CorrelationId}).")]
    internal partial void TopicCreated(string principal, string topic, int partitions, string correlationId);

    [LoggerMessage(Level = LogLevel.Information, EventName = nameof(TopicDeleted),
        Message = "{Principal} deleted topic {Topic} (request {CorrelationId}).")]
    internal partial void TopicDeleted(string principal, string topic, string correlationId);

    [LoggerMessage(Level = LogLevel.Information, EventName = nameof(PartitionsAdded),
        Message = "{Principal} brought topic {Topic} to {Partitions} partitions (request {CorrelationId}).")]
    internal partial void PartitionsAdded(string principal, string topic, int partitions, string correlationId);

    [LoggerMessage(Level = LogLevel.Information, EventName = nameof(ConfigsAltered),
        Message = "{Principal} altered {Configs} of topic {Topic} (request {CorrelationId}).")]
    internal partial void ConfigsAltered(string principal, string topic, IEnumerable<string> configs, string correlationId);

    [LoggerMessage(Level = LogLevel.Information, EventName = nameof(OffsetsReset),
        Message = "{Principal} reset {Partitions} offsets of group {Group} (request {CorrelationId}).")]
    internal partial void OffsetsReset(string principal, string group, int partitions, string correlationId);

    [LoggerMessage(Level = LogLevel.Information, EventName = nameof(GroupDeleted),
        Message = "{Principal} deleted group {Group} (request {CorrelationId}).")]
    internal partial void GroupDeleted(string principal, string group, string correlationId);

    [LoggerMessage(Level = LogLevel.Information, EventName = nameof(AclCreated),
        Message = "{Principal} created the ACL {Acl} (request {CorrelationId}).")]
    internal partial void AclCreated(string principal, AclBinding acl, string correlationId);

    [LoggerMessage(Level = LogLevel.Information, EventName = nameof(AclDeleted),
        Message = "{Principal} deleted the ACL {Acl} (request {CorrelationId}).")]
    internal partial void AclDeleted(string principal, AclBinding acl, string correlationId);

    [LoggerMessage(Level = LogLevel.Information, EventName = nameof(DeliveryChanged),
        Message = "{Principal} {Change} the delivery of group {Group} (request {CorrelationId}).")]
    internal partial void DeliveryChanged(string principal, string change, string group, string correlationId);

    [LoggerMessage(Level = LogLevel.Information, EventName = nameof(TransactionAborted),
        Message = "{Principal} aborted what transactional id {TransactionalId} had open (request {CorrelationId}).")]
    internal partial void TransactionAborted(string principal, string transactionalId, string correlationId);
}
