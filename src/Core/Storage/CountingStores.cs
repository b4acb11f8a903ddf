namespace Serverless.Core.Storage;

/// <summary>Calls of the storage ports by kind, whatever became of them. Subtract an earlier reading from a later one.</summary>
/// <remarks>A call is one request to the service, but for a query of more than 1,000 rows and for retried reads.</remarks>
public readonly record struct StorageCalls(
    long Creates, long Appends, long Reads, long Lists, long Deletes, long Gets, long Queries, long Submits)
{
    public long Blobs => Creates + Appends + Reads + Lists + Deletes;

    public long Tables => Gets + Queries + Submits;

    public long Total => Blobs + Tables;

    public static StorageCalls operator -(StorageCalls later, StorageCalls earlier) => new(
        later.Creates - earlier.Creates,
        later.Appends - earlier.Appends,
        later.Reads - earlier.Reads,
        later.Lists - earlier.Lists,
        later.Deletes - earlier.Deletes,
        later.Gets - earlier.Gets,
        later.Queries - earlier.Queries,
        later.Submits - earlier.Submits);
}

/// <summary>The storage meter: what the stores that share it were asked. Any number of threads may use it.</summary>
public sealed class StorageMeter
{
    private readonly long[] _calls = new long[Enum.GetValues<Call>().Length];

    internal enum Call
    {
        Create,
        Append,
        Read,
        List,
        Delete,
        Get,
        Query,
        Submit,
    }

    public StorageCalls Read() => new(
        At(Call.Create), At(Call.Append), At(Call.Read), At(Call.List), At(Call.Delete),
        At(Call.Get), At(Call.Query), At(Call.Submit));

    internal void Count(Call call) => Interlocked.Increment(ref _calls[(int)call]);

    private long At(Call call) => Interlocked.Read(ref _calls[(int)call]);
}

/// <summary>Counts the calls that pass through it to another blob store.</summary>
public sealed class CountingBlobStore(IBlobStore blobs, StorageMeter meter) : IBlobStore
{
    public ValueTask<CreateOutcome> CreateAsync(string name, CancellationToken cancellationToken)
    {
        meter.Count(StorageMeter.Call.Create);
        return blobs.CreateAsync(name, cancellationToken);
    }

    public ValueTask<AppendResult> AppendAsync(
        string name, long position, ReadOnlyMemory<byte> block, CancellationToken cancellationToken)
    {
        meter.Count(StorageMeter.Call.Append);
        return blobs.AppendAsync(name, position, block, cancellationToken);
    }

    public ValueTask<BlobRead> ReadAsync(string name, long position, int bytesMax, CancellationToken cancellationToken)
    {
        meter.Count(StorageMeter.Call.Read);
        return blobs.ReadAsync(name, position, bytesMax, cancellationToken);
    }

    public ValueTask<BlobPage> ListAsync(
        string prefix, string? continuation, int take, CancellationToken cancellationToken)
    {
        meter.Count(StorageMeter.Call.List);
        return blobs.ListAsync(prefix, continuation, take, cancellationToken);
    }

    public ValueTask<DeleteOutcome> DeleteAsync(string name, string etag, CancellationToken cancellationToken)
    {
        meter.Count(StorageMeter.Call.Delete);
        return blobs.DeleteAsync(name, etag, cancellationToken);
    }
}

/// <summary>Counts the calls that pass through it to another row store.</summary>
public sealed class CountingRowStore(IRowStore rows, StorageMeter meter) : IRowStore
{
    public ValueTask<RowRead> GetAsync(string table, RowKey key, CancellationToken cancellationToken)
    {
        meter.Count(StorageMeter.Call.Get);
        return rows.GetAsync(table, key, cancellationToken);
    }

    public ValueTask<RowPage> QueryAsync(string table, RowQuery query, CancellationToken cancellationToken)
    {
        meter.Count(StorageMeter.Call.Query);
        return rows.QueryAsync(table, query, cancellationToken);
    }

    public ValueTask<SubmitResult> SubmitAsync(
        string table, string partition, IReadOnlyList<RowAction> actions, CancellationToken cancellationToken)
    {
        meter.Count(StorageMeter.Call.Submit);
        return rows.SubmitAsync(table, partition, actions, cancellationToken);
    }
}
