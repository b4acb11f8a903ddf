using Serverless.Core.Storage;
using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Storage;

/// <summary>What an instance asks of storage: all of it for a replay to repeat, and in words for whoever reads a history.</summary>
internal interface IStorageRequest
{
    void AddTo(TraceHash trace);
}

/// <param name="Block">What is appended.</param>
internal sealed record BlobRequest(StorageCall Call, string Name, long Position = 0, int BytesMax = 0, byte[]? Block = null)
    : IStorageRequest
{
    public void AddTo(TraceHash trace)
    {
        trace.Add((long)Call);
        trace.Add(Name);
        trace.Add(Position);
        trace.Add(BytesMax);
        trace.Add(Block);
    }

    public override string ToString() => Call switch
    {
        StorageCall.Append => $"append {Short.Blob(Name)} @{Position} {Short.Batches(Block)}",
        StorageCall.Read => $"read {Short.Blob(Name)} @{Position} +{BytesMax}",
        _ => $"{Call.ToString().ToLowerInvariant()} {Short.Blob(Name)}",
    };
}

internal sealed record GetRequest(string Table, RowKey Key) : IStorageRequest
{
    public void AddTo(TraceHash trace)
    {
        trace.Add((long)StorageCall.Get);
        trace.Add(Table);
        trace.Add(Key.Partition);
        trace.Add(Key.Row);
    }

    public override string ToString() => $"get {Table} {Short.Key(Key.Partition)} {Key.Row}";
}

internal sealed record QueryRequest(string Table, RowQuery Query) : IStorageRequest
{
    public void AddTo(TraceHash trace)
    {
        trace.Add((long)StorageCall.Query);
        trace.Add(Table);
        trace.Add(Query.Partition);
        trace.Add(Query.From ?? "");
        trace.Add(Query.To ?? "");
        trace.Add(Query.Take);
    }

    public override string ToString() => $"query {Table} {Short.Key(Query.Partition)} {Query.From}..{Query.To}";
}

internal sealed record SubmitRequest(string Table, string Partition, RowAction[] Actions) : IStorageRequest
{
    public void AddTo(TraceHash trace)
    {
        trace.Add((long)StorageCall.Submit);
        trace.Add(Table);
        trace.Add(Partition);
        trace.Add(Actions.Length);
        foreach (var action in Actions)
        {
            trace.Add((long)action.Kind);
            trace.Add(action.Row);
            trace.Add(action.ETag ?? "");
        }
    }

    public override string ToString() =>
        $"submit {Table} {Short.Key(Partition)} {string.Join(", ", Actions.Select(action => $"{action.Kind} {action.Row}"))}";
}
