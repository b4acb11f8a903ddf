using Serverless.Core.Storage;

namespace Serverless.Core.Tests.Groups;

/// <summary>A row store between which and its user things go wrong, as a test says.</summary>
internal sealed class FaultyRowStore(IRowStore rows) : IRowStore
{
    /// <summary>What becomes of the next submissions, in order; those after them are carried out.</summary>
    public Queue<Fault> Faults { get; } = new();

    /// <summary>Asked for each submission where nothing is queued.</summary>
    public Func<Fault>? Chance { get; set; }

    /// <summary>Runs before each call, so that other requests come in between. Not while it runs.</summary>
    public Action? Between { get; set; }

    /// <summary>Rows in one page of a query at most: what is larger is read in several, and others come in between.</summary>
    public int PageRowsMax { get; set; } = 1000;

    public int Submits { get; private set; }

    private Func<Task>? _late;

    /// <summary>Lets what is late arrive now.</summary>
    public async Task DrainAsync()
    {
        var late = _late;
        _late = null;
        if (late is not null)
        {
            await late();
        }
    }

    public ValueTask<RowRead> GetAsync(string table, RowKey key, CancellationToken cancellationToken)
    {
        Interpose();
        return rows.GetAsync(table, key, cancellationToken);
    }

    public ValueTask<RowPage> QueryAsync(string table, RowQuery query, CancellationToken cancellationToken)
    {
        Interpose();
        return rows.QueryAsync(table, query with { Take = Math.Min(query.Take, PageRowsMax) }, cancellationToken);
    }

    public async ValueTask<SubmitResult> SubmitAsync(
        string table, string partition, IReadOnlyList<RowAction> actions, CancellationToken cancellationToken)
    {
        Interpose();
        Submits++;
        await DrainAsync();
        var fault = Faults.TryDequeue(out var queued) ? queued : Chance?.Invoke() ?? Fault.None;
        var lost = new SubmitResult(SubmitOutcome.Unknown, [], default);
        switch (fault)
        {
            case Fault.LostRequest:
                return lost;
            case Fault.LateEffect:
                _late = async () => await rows.SubmitAsync(table, partition, actions, CancellationToken.None);
                return lost;
            case Fault.LostReply:
                await rows.SubmitAsync(table, partition, actions, cancellationToken);
                return lost;
            case Fault.Twice:
                await rows.SubmitAsync(table, partition, actions, cancellationToken);
                return await rows.SubmitAsync(table, partition, actions, cancellationToken);
            default:
                return await rows.SubmitAsync(table, partition, actions, cancellationToken);
        }
    }

    private void Interpose()
    {
        var between = Between;
        Between = null;
        between?.Invoke();
        Between ??= between;
    }
}

internal enum Fault
{
    None,
    LostRequest,
    LostReply,

    /// <summary>The reply is lost, and it takes effect only when the next submission arrives.</summary>
    LateEffect,

    /// <summary>The network delivers it twice, and the second one's conflict with the first comes back.</summary>
    Twice,
}
