using Serverless.Core.Storage;

namespace Serverless.Edge.Fakes;

/// <summary>One process's way to storage, which a test cuts, slows down or makes forgetful.</summary>
internal sealed class FailingStores(IBlobStore blobs, IRowStore rows) : IBlobStore, IRowStore
{
    private int _appends;
    private int _submits;

    /// <summary>The process is dead: nothing that it does from now on has an effect, or an answer.</summary>
    public bool IsDead { get; set; }

    /// <summary>Runs before the append of this number, from 1.</summary>
    public Func<int, Task>? BeforeAppend { get; set; }

    /// <summary>Runs after the append of this number.</summary>
    public Action<int>? AfterAppend { get; set; }

    /// <summary>Runs after a submission of this number has been decided; may change what is told of it.</summary>
    public Func<int, SubmitResult, SubmitResult>? AfterSubmit { get; set; }

    /// <summary>Whether a submission of this number is lost on its way.</summary>
    public Predicate<int>? LosesSubmit { get; set; }

    public ValueTask<CreateOutcome> CreateAsync(string name, CancellationToken cancellationToken) =>
        Alive(blobs).CreateAsync(name, cancellationToken);

    public async ValueTask<AppendResult> AppendAsync(
        string name, long position, ReadOnlyMemory<byte> block, CancellationToken cancellationToken)
    {
        var number = ++_appends;
        await (BeforeAppend?.Invoke(number) ?? Task.CompletedTask);
        var result = await Alive(blobs).AppendAsync(name, position, block, cancellationToken);
        AfterAppend?.Invoke(number);
        return IsDead ? throw Gone() : result;
    }

    public ValueTask<BlobRead> ReadAsync(string name, long position, int bytesMax, CancellationToken cancellationToken) =>
        Alive(blobs).ReadAsync(name, position, bytesMax, cancellationToken);

    public ValueTask<BlobPage> ListAsync(string prefix, string? continuation, int take, CancellationToken cancellationToken) =>
        Alive(blobs).ListAsync(prefix, continuation, take, cancellationToken);

    public ValueTask<DeleteOutcome> DeleteAsync(string name, string etag, CancellationToken cancellationToken) =>
        Alive(blobs).DeleteAsync(name, etag, cancellationToken);

    public ValueTask<RowRead> GetAsync(string table, RowKey key, CancellationToken cancellationToken) =>
        Alive(rows).GetAsync(table, key, cancellationToken);

    public ValueTask<RowPage> QueryAsync(string table, RowQuery query, CancellationToken cancellationToken) =>
        Alive(rows).QueryAsync(table, query, cancellationToken);

    public async ValueTask<SubmitResult> SubmitAsync(
        string table, string partition, IReadOnlyList<RowAction> actions, CancellationToken cancellationToken)
    {
        var number = ++_submits;
        if (LosesSubmit?.Invoke(number) == true)
        {
            return Lost;
        }

        var result = await Alive(rows).SubmitAsync(table, partition, actions, cancellationToken);
        return AfterSubmit?.Invoke(number, result) ?? result;
    }

    public static SubmitResult Lost => new(SubmitOutcome.Unknown, [], default);

    private T Alive<T>(T store) => IsDead ? throw Gone() : store;

    private static StorageException Gone() => new("The process is dead.", retriable: true);
}
