using System.Text.Json;
using Serverless.Core.Transactions;
using Serverless.Functions.Http.Transactions;

namespace Serverless.Functions.Http.V3;

/// <summary>Transactional ids as v3 shows them: who has one, in what state, and for how long.</summary>
internal static class TransactionWriter
{
    public static Problem NotFound { get; } = Problem.ProducerNotFound with { Message = "Transactional id not found." };

    public static void Transaction(Utf8JsonWriter json, Links links, TransactionDescription transaction)
    {
        var self = links.Transaction(transaction.TransactionalId);
        V3Writer.Begin(
            json, "KafkaTransaction", self, links.ResourceName(("transaction", transaction.TransactionalId)), links.ClusterId);
        json.WriteString("transactional_id"u8, transaction.TransactionalId);
        json.WriteString("instance_id"u8, transaction.InstanceId);
        json.WriteNumber("transaction_timeout_ms"u8, (long)transaction.Timeout.TotalMilliseconds);
        StateWriter.Moment(json, "started_at"u8, transaction.StartedAt);
        StateWriter.Write(json, transaction);
        V3Writer.Related(json, "coordinator", $"{links.Cluster}/brokers/0");
        json.WriteEndObject();
    }
}
