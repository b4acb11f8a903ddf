using Serverless.Core.Storage;
using Serverless.Simulation.Audit;

namespace Serverless.Simulation.Storage;

/// <summary>The blob port of one instance: the one shared store, reached through faults, each effect audited.</summary>
internal sealed class FaultyBlobs(IBlobStore store, StorageChannel channel, StorageAudit audit) : IBlobStore
{
    public ValueTask<CreateOutcome> CreateAsync(string name, CancellationToken cancellationToken)
    {
        StorageRules.BlobName(name);
        return channel.SendAsync(
            StorageCall.Create,
            new BlobRequest(StorageCall.Create, name),
            () =>
            {
                var outcome = Now(store.CreateAsync(name, CancellationToken.None));
                audit.Created(name, outcome);
                return outcome;
            },
            () => CreateOutcome.Unknown,
            cancellationToken);
    }

    public ValueTask<AppendResult> AppendAsync(
        string name, long position, ReadOnlyMemory<byte> block, CancellationToken cancellationToken)
    {
        StorageRules.Append(name, position, block);

        // What was sent does not change, whatever becomes of the caller's memory.
        var sent = block.ToArray();
        return channel.SendAsync(
            StorageCall.Append,
            new BlobRequest(StorageCall.Append, name, position, Block: sent),
            () =>
            {
                var result = Now(store.AppendAsync(name, position, sent, CancellationToken.None));
                audit.Appended(name, position, sent, result);
                return result;
            },
            () => new AppendResult(AppendOutcome.Unknown),
            cancellationToken);
    }

    public ValueTask<BlobRead> ReadAsync(string name, long position, int bytesMax, CancellationToken cancellationToken)
    {
        StorageRules.Read(name, position, bytesMax);
        return channel.SendAsync(
            StorageCall.Read,
            new BlobRequest(StorageCall.Read, name, position, bytesMax),
            () => Now(store.ReadAsync(name, position, bytesMax, CancellationToken.None)),
            unknown: null,
            cancellationToken);
    }

    public ValueTask<BlobPage> ListAsync(
        string prefix, string? continuation, int take, CancellationToken cancellationToken)
    {
        StorageRules.List(prefix, take);
        return channel.SendAsync(
            StorageCall.List,
            new BlobRequest(StorageCall.List, prefix),
            () => Now(store.ListAsync(prefix, continuation, take, CancellationToken.None)),
            unknown: null,
            cancellationToken);
    }

    public ValueTask<DeleteOutcome> DeleteAsync(string name, string etag, CancellationToken cancellationToken)
    {
        StorageRules.Delete(name, etag);
        return channel.SendAsync(
            StorageCall.Delete,
            new BlobRequest(StorageCall.Delete, name),
            () =>
            {
                var outcome = Now(store.DeleteAsync(name, etag, CancellationToken.None));
                audit.Deleted(name, outcome);
                return outcome;
            },
            () => DeleteOutcome.Unknown,
            cancellationToken);
    }

    // The memory store answers before it returns.
    private static T Now<T>(ValueTask<T> done) => done.IsCompleted
        ? done.GetAwaiter().GetResult()
        : throw new InvalidOperationException("The shared store must answer at once.");
}
