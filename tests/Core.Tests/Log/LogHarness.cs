using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Serverless.Core.Log;
using Serverless.Core.Records;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Memory;
using Serverless.Core.Telemetry;
using Serverless.Core.Topics;
using Xunit;

namespace Serverless.Core.Tests.Log;

/// <summary>One storage account in memory and as many instances over it as a test wants, on a clock that the test moves.</summary>
public sealed class LogHarness
{
    private readonly LogOptions _options;
    private int _instances;

    public LogHarness(LogOptions? options = null)
    {
        _options = options ?? new LogOptions();
        Blobs = new MemoryBlobStore(Clock);
        Rows = new MemoryRowStore(Clock);
        Faults = new ScriptedBlobs(Blobs);
        Topic = new Topic("orders", "0123456789abcdef0123456789abcdef", 2, TopicSettings.Default);
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public MemoryBlobStore Blobs { get; }

    public MemoryRowStore Rows { get; }

    public ScriptedBlobs Faults { get; }

    public StorageMeter Meter { get; } = new();

    public Topic Topic { get; private set; }

    public long NowMs => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Another instance: nothing shared with the others but storage.</summary>
    public PartitionLogs NewInstance(LogMetrics? metrics = null)
    {
        var random = new Random(++_instances);
        return new PartitionLogs(new LogContext(
            new CountingBlobStore(Faults, Meter), new CountingRowStore(Rows, Meter), Clock, random,
            new RandomIdSource(new Random(1000 + _instances)), _options, NullLogger<PartitionLogs>.Instance,
            metrics));
    }

    public LogHarness With(params (string Name, string Value)[] settings)
    {
        var changes = settings.ToDictionary(setting => setting.Name, setting => (string?)setting.Value);
        Topic = Topic with { Settings = Topic.Settings.With(changes, out var complaint) ?? throw new ArgumentException(complaint) };
        return this;
    }

    public byte[] Batch(params string[] values) => Batch(NowMs, values);

    public static byte[] Batch(long timestampMs, params string[] values)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var value in values)
        {
            builder.Add(timestampMs, [], keyIsNull: true, System.Text.Encoding.UTF8.GetBytes(value), valueIsNull: false);
        }

        return builder.Build();
    }

    /// <summary>Appends one batch; moves the clock while the append waits on it.</summary>
    public async Task<AppendAnswer> AppendAsync(PartitionLogs logs, params string[] values) =>
        await Run(logs.AppendAsync(Topic, 0, Batch(values), default).AsTask());

    public async Task<T> Run<T>(Task<T> task)
    {
        for (var step = 0; !task.IsCompleted; step++)
        {
            Assert.True(step < 10_000, "waits for something that does not come");
            await Task.WhenAny(task, Task.Delay(1));
            Clock.Advance(TimeSpan.FromMilliseconds(50));
        }

        return await task;
    }

    /// <summary>All values from an offset on, as a consumer reads them, fetch by fetch.</summary>
    public async Task<List<(long Offset, string Value)>> ReadAllAsync(PartitionLogs logs, long offset = 0, int bytesMax = 1 << 20)
    {
        var found = new List<(long, string)>();
        while (true)
        {
            var answer = await logs.FetchAsync(Topic, 0, offset, bytesMax, default);
            Assert.Equal(ErrorCode.None, answer.Error);
            if (answer.Batches.IsEmpty)
            {
                Assert.Equal(offset, answer.NextOffset);
                return found;
            }

            Assert.True(answer.NextOffset > offset);
            found.AddRange(Values(answer.Batches.Span).Where(record => record.Offset >= offset));
            offset = answer.NextOffset;
        }
    }

    public static List<(long Offset, string Value)> Values(ReadOnlySpan<byte> batches)
    {
        var values = new List<(long, string)>();
        var walk = new RecordBatchReader(batches);
        while (walk.TryRead(out var header, out var batch))
        {
            if (header.IsControl)
            {
                continue;
            }

            using var records = RecordReader.Open(batch);
            while (records.TryRead(out var record))
            {
                values.Add((record.Offset, System.Text.Encoding.UTF8.GetString(record.Value)));
            }
        }

        return values;
    }

    /// <summary>Options for tests of what is removed: at once, as soon as a run of retention finds the start moved.</summary>
    public static LogOptions RemovesAtOnce { get; } =
        new() { SegmentBlocksRoll = 2, RemovalDelay = TimeSpan.Zero, StartAgeMax = TimeSpan.Zero };

    /// <summary>Retention as two sweeps in a row apply it: one moves the start, the other removes what lies below it.</summary>
    public async Task<long> RetainAsync(PartitionLogs logs)
    {
        await logs.RetainAsync(Topic, 0, default);
        return (await logs.RetainAsync(Topic, 0, default)).LogStartOffset;
    }

    public async Task<List<string>> SegmentsAsync()
    {
        var page = await Blobs.ListAsync(Layout.PartitionPrefix(Topic.Id, 0), null, 5_000, default);
        return [.. page.Items.Select(item => item.Name)];
    }
}

public enum AppendFault
{
    None,

    /// <summary>The request is lost.</summary>
    LostRequest,

    /// <summary>It lands and the reply is lost.</summary>
    LostReply,

    /// <summary>The network delivers it twice, and the second one's refusal is what comes back.</summary>
    Twice,

    /// <summary>It is lost for now and lands just before the next append, as late as can be.</summary>
    Late,
}

/// <summary>Faults on the appends that a test names by their number, from 1, and on the reads of blobs that it names.</summary>
public sealed class ScriptedBlobs(IBlobStore blobs) : IBlobStore
{
    private Func<Task>? _late;

    public Dictionary<int, AppendFault> Appends { get; } = [];

    public int AppendsSeen { get; private set; }

    /// <summary>A byte that every read of a blob finds changed.</summary>
    public (string Blob, long Position)? Flipped { get; set; }

    /// <summary>Runs once, between a read and its reply.</summary>
    public Func<Task>? AfterRead { get; set; }

    /// <summary>Blobs whose names begin so cannot be read.</summary>
    public string? Unreadable { get; set; }

    /// <summary>Blobs whose names begin so have all the blocks that they can have.</summary>
    public string? Full { get; set; }

    public ValueTask<CreateOutcome> CreateAsync(string name, CancellationToken cancellationToken) =>
        blobs.CreateAsync(name, cancellationToken);

    public async ValueTask<AppendResult> AppendAsync(
        string name, long position, ReadOnlyMemory<byte> block, CancellationToken cancellationToken)
    {
        if (_late is { } late)
        {
            _late = null;
            await late();
        }

        if (Full is { } full && name.StartsWith(full, StringComparison.Ordinal))
        {
            return new AppendResult(AppendOutcome.BlockLimit);
        }

        switch (Appends.GetValueOrDefault(++AppendsSeen))
        {
            case AppendFault.LostRequest:
                return new AppendResult(AppendOutcome.Unknown);
            case AppendFault.LostReply:
                await blobs.AppendAsync(name, position, block, cancellationToken);
                return new AppendResult(AppendOutcome.Unknown);
            case AppendFault.Twice:
                await blobs.AppendAsync(name, position, block, cancellationToken);
                return await blobs.AppendAsync(name, position, block, cancellationToken);
            case AppendFault.Late:
                var copy = block.ToArray();
                _late = async () => await blobs.AppendAsync(name, position, copy, default);
                return new AppendResult(AppendOutcome.Unknown);
            default:
                return await blobs.AppendAsync(name, position, block, cancellationToken);
        }
    }

    public async ValueTask<BlobRead> ReadAsync(string name, long position, int bytesMax, CancellationToken cancellationToken)
    {
        if (Unreadable is { } prefix && name.StartsWith(prefix, StringComparison.Ordinal))
        {
            throw new StorageException("The test lets no read of it through.", retriable: true);
        }

        var read = await blobs.ReadAsync(name, position, bytesMax, cancellationToken);
        var after = AfterRead;
        AfterRead = null;
        await (after?.Invoke() ?? Task.CompletedTask);
        if (Flipped is not { } flip || flip.Blob != name || flip.Position < position
            || flip.Position >= position + read.Bytes.Length)
        {
            return read;
        }

        var bytes = read.Bytes.ToArray();
        bytes[flip.Position - position] ^= 1;
        return read with { Bytes = bytes };
    }

    public ValueTask<BlobPage> ListAsync(string prefix, string? continuation, int take, CancellationToken cancellationToken) =>
        blobs.ListAsync(prefix, continuation, take, cancellationToken);

    public ValueTask<DeleteOutcome> DeleteAsync(string name, string etag, CancellationToken cancellationToken) =>
        blobs.DeleteAsync(name, etag, cancellationToken);
}
