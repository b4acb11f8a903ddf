using Serverless.Core.Storage;

namespace Serverless.Core.Tests.Transactions;

internal enum Failure
{
    /// <summary>The process ends before the call reaches storage.</summary>
    CrashBefore,

    /// <summary>The process ends when storage has carried the call out.</summary>
    CrashAfter,

    /// <summary>The call is carried out, and its reply is lost.</summary>
    LostReply,

    /// <summary>The call never arrives, and nobody is told.</summary>
    LostRequest,

    /// <summary>The call is lost for now, and arrives right before the next one.</summary>
    Late,

    /// <summary>The network brings the call twice, and what comes back is of the second.</summary>
    Twice,
}

/// <summary>The process that made the call is no more.</summary>
internal sealed class CrashException : Exception;

/// <summary>Both stores of one process, one of whose changes of storage goes wrong: the one with the number <c>at</c>, from 1.</summary>
internal sealed class FailingStores(IRowStore rows, IBlobStore blobs) : IRowStore, IBlobStore
{
    private Func<Task>? _late;
    private bool _crashed;

    public int At { get; set; }

    public Failure Failure { get; set; }

    /// <summary>Changes so far.</summary>
    public int Changes { get; private set; }

    /// <summary>Blobs whose names begin so are out of reach.</summary>
    public string? Unreachable { get; set; }

    /// <summary>Runs before each call, changes or not.</summary>
    public Func<Task>? Before { get; set; }

    public async ValueTask<RowRead> GetAsync(string table, RowKey key, CancellationToken cancellationToken)
    {
        await ArriveAsync();
        return await rows.GetAsync(table, key, cancellationToken);
    }

    public async ValueTask<RowPage> QueryAsync(string table, RowQuery query, CancellationToken cancellationToken)
    {
        await ArriveAsync();
        return await rows.QueryAsync(table, query, cancellationToken);
    }

    public ValueTask<SubmitResult> SubmitAsync(
        string table, string partition, IReadOnlyList<RowAction> actions, CancellationToken cancellationToken) =>
        ChangeAsync(
            () => rows.SubmitAsync(table, partition, actions, default), new SubmitResult(SubmitOutcome.Unknown, [], default));

    public ValueTask<CreateOutcome> CreateAsync(string name, CancellationToken cancellationToken) =>
        ChangeAsync(() => blobs.CreateAsync(name, default), CreateOutcome.Unknown);

    public ValueTask<AppendResult> AppendAsync(
        string name, long position, ReadOnlyMemory<byte> block, CancellationToken cancellationToken)
    {
        Reach(name);
        var copy = block.ToArray();
        return ChangeAsync(() => blobs.AppendAsync(name, position, copy, default), new AppendResult(AppendOutcome.Unknown));
    }

    public async ValueTask<BlobRead> ReadAsync(string name, long position, int bytesMax, CancellationToken cancellationToken)
    {
        await ArriveAsync();
        Reach(name);
        return await blobs.ReadAsync(name, position, bytesMax, cancellationToken);
    }

    public async ValueTask<BlobPage> ListAsync(
        string prefix, string? continuation, int take, CancellationToken cancellationToken)
    {
        await ArriveAsync();
        return await blobs.ListAsync(prefix, continuation, take, cancellationToken);
    }

    public ValueTask<DeleteOutcome> DeleteAsync(string name, string etag, CancellationToken cancellationToken) =>
        ChangeAsync(() => blobs.DeleteAsync(name, etag, default), DeleteOutcome.Unknown);

    /// <summary>What is late arrives now.</summary>
    public async Task DrainAsync()
    {
        var late = _late;
        _late = null;
        await (late?.Invoke() ?? Task.CompletedTask);
    }

    private async ValueTask<T> ChangeAsync<T>(Func<ValueTask<T>> change, T unknown)
    {
        await ArriveAsync();
        if (++Changes != At)
        {
            return await change();
        }

        switch (Failure)
        {
            case Failure.CrashBefore:
                _crashed = true;
                throw new CrashException();
            case Failure.CrashAfter:
                await change();
                _crashed = true;
                throw new CrashException();
            case Failure.LostReply:
                await change();
                return unknown;
            case Failure.Late:
                _late = async () => await change();
                return unknown;
            case Failure.Twice:
                await change();
                return await change();
            default:
                return unknown;
        }
    }

    private void Reach(string name)
    {
        if (Unreachable is { } prefix && name.StartsWith(prefix, StringComparison.Ordinal))
        {
            throw new StorageException("The test lets nobody reach it.", retriable: true);
        }
    }

    private async Task ArriveAsync()
    {
        var before = Before;
        Before = null;
        try
        {
            await (before?.Invoke() ?? Task.CompletedTask);
        }
        finally
        {
            Before ??= before;
        }

        if (_crashed)
        {
            throw new CrashException();
        }

        await DrainAsync();
    }
}
