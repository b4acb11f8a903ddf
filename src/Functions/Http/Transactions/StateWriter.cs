using System.Text.Json;
using Serverless.Core.Transactions;
using Serverless.Functions.Http.Consumers;

namespace Serverless.Functions.Http.Transactions;

/// <summary>A transaction as its program and its operators see it.</summary>
internal static class StateWriter
{
    /// <summary>The state, what is registered with it, and when it is aborted by itself.</summary>
    public static void Write(Utf8JsonWriter json, TransactionDescription transaction)
    {
        json.WriteString("state"u8, NameOf(transaction.State));
        json.WriteNumber("producer_id"u8, transaction.ProducerId);
        json.WriteNumber("producer_epoch"u8, transaction.ProducerEpoch);
        PartitionsWriter.Partitions(json, "partitions"u8, transaction.Partitions);
        json.WriteStartArray("groups"u8);
        foreach (var group in transaction.Groups)
        {
            json.WriteStringValue(group);
        }

        json.WriteEndArray();
        Moment(json, "expires_at"u8, transaction.ExpiresAt);
    }

    public static void Moment(Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset? moment)
    {
        if (moment is { } known)
        {
            json.WriteString(name, Timestamps.Format(known));
        }
        else
        {
            json.WriteNull(name);
        }
    }

    // The contract has no name for an abort whose markers are still being written: it is as decided as it will ever be.
    private static string NameOf(TransactionState state) => state switch
    {
        TransactionState.Empty => "empty",
        TransactionState.Ongoing => "ongoing",
        TransactionState.PrepareCommit => "prepare_commit",
        TransactionState.CompleteCommit => "committed",
        TransactionState.Fenced => "fenced",
        _ => "aborted",
    };
}
