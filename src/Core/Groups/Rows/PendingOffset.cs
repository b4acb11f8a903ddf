using System.Globalization;
using Serverless.Core.Transactions;

namespace Serverless.Core.Groups.Rows;

/// <summary>An offset that counts from the moment its transaction commits, and never if that aborts.</summary>
public sealed record PendingOffset(TransactionKey Transaction, long Offset, string Metadata)
{
    internal void Encode(Dictionary<string, object> columns)
    {
        columns["pendingTransaction"] = Transaction.TransactionalId;
        columns["pendingProducerId"] = Transaction.ProducerId;
        columns["pendingProducerEpoch"] = (int)Transaction.ProducerEpoch;
        columns["pendingOffset"] = Offset;
        columns["pendingMetadata"] = Metadata;
    }

    /// <summary>Null where there is none: a row has these columns only while an offset waits.</summary>
    internal static PendingOffset? Decode(IReadOnlyDictionary<string, object> columns) =>
        columns.TryGetValue("pendingTransaction", out var transactionalId)
            ? new(
                new TransactionKey(
                    (string)transactionalId, (long)columns["pendingProducerId"],
                    Convert.ToInt16(columns["pendingProducerEpoch"], CultureInfo.InvariantCulture)),
                (long)columns["pendingOffset"], (string)columns["pendingMetadata"])
            : null;
}
