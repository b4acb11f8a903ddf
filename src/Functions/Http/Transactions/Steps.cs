using System.Globalization;
using Serverless.Core.Transactions;

namespace Serverless.Functions.Http.Transactions;

/// <summary>What the steps of a transaction have in common (section 5.3 of the HTTP contract).</summary>
/// <remarks>
/// Each may name its transaction by <c>?producer_epoch=</c>, so that one that comes late, or again, is never taken for a step of the
/// next one. The epoch to name is told by init, begin, commit and abort, in the header <c>Kafka-Producer-Epoch</c>.
/// </remarks>
internal static class Steps
{
    public const string EpochHeader = "Kafka-Producer-Epoch";

    private const string Epoch = "producer_epoch";

    public static Operation Operation { get; } = Operation.V2Write with { QueryNames = [Epoch] };

    public static Operation Produce { get; } =
        Operation.V2Produce with { QueryNames = [.. Operation.V2Produce.QueryNames, Epoch] };

    public static TransactionStep Of(Call call, string transactionalId, string instance) => new(
        RequestNames.TransactionalId(transactionalId), RequestNames.Instance(instance),
        (short?)call.Query.Integer(Epoch, 0, short.MaxValue));

    /// <summary>A step that has nothing to say: no body, or an object without fields.</summary>
    public static async ValueTask<TransactionStep> BareAsync(Call call, string transactionalId, string instance)
    {
        using var body = await call.ReadBodyAsync();
        StrictJson.ExpectNothing(body);
        return Of(call, transactionalId, instance);
    }

    /// <summary>The last step, whichever way it goes.</summary>
    public static async ValueTask<Reply> EndAsync(
        Call call, ITransactions transactions, string transactionalId, string instance, bool commit)
    {
        var step = await BareAsync(call, transactionalId, instance);
        var ended = await transactions.EndAsync(step, commit, call.CancellationToken);
        ended.OrThrow();
        return Reply.NoContent.WithEpoch(ended.ProducerEpoch);
    }

    public static Reply WithEpoch(this Reply reply, short? epoch) =>
        epoch is { } known ? reply.With(EpochHeader, known.ToString(CultureInfo.InvariantCulture)) : reply;
}
