using Serverless.Core.Storage;

namespace Serverless.Core.Tests;

/// <summary>Rows where a test steps in: something happens before a query, or a submission's reply is lost.</summary>
public sealed class HookedRows(IRowStore rows) : IRowStore
{
    /// <summary>Runs once, before the next query.</summary>
    public Func<Task>? BeforeQuery { get; set; }

    /// <summary>Runs before a submission that it names; its reply is then lost, once.</summary>
    public Predicate<IReadOnlyList<RowAction>>? LosesReplyOf { get; set; }

    /// <summary>Runs once, after the submission whose reply was lost.</summary>
    public Func<Task>? AfterLoss { get; set; }

    public int Queries { get; private set; }

    /// <summary>Everything that was submitted, to be delivered once more.</summary>
    public List<Func<ValueTask<SubmitResult>>> Submitted { get; } = [];

    public ValueTask<RowRead> GetAsync(string table, RowKey key, CancellationToken cancellationToken) =>
        rows.GetAsync(table, key, cancellationToken);

    public async ValueTask<RowPage> QueryAsync(string table, RowQuery query, CancellationToken cancellationToken)
    {
        Queries++;
        var before = BeforeQuery;
        BeforeQuery = null;
        await (before?.Invoke() ?? Task.CompletedTask);
        return await rows.QueryAsync(table, query, cancellationToken);
    }

    public async ValueTask<SubmitResult> SubmitAsync(
        string table, string partition, IReadOnlyList<RowAction> actions, CancellationToken cancellationToken)
    {
        Submitted.Add(() => rows.SubmitAsync(table, partition, actions, default));
        var result = await rows.SubmitAsync(table, partition, actions, cancellationToken);
        if (LosesReplyOf is not { } loses || !loses(actions))
        {
            return result;
        }

        LosesReplyOf = null;
        await (AfterLoss?.Invoke() ?? Task.CompletedTask);
        return new SubmitResult(SubmitOutcome.Unknown, [], result.ServedAt);
    }
}
