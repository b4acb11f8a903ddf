using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Serverless.Core;
using Serverless.Core.Idempotency;
using Serverless.Core.Log;
using Serverless.Core.Records;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Memory;
using Serverless.Core.Telemetry;
using Serverless.Core.Topics;
using Serverless.Functions.Http;
using Xunit;

namespace Serverless.Edge.Fakes;

/// <summary>One storage account in memory, and as many processes of the service over it as a test wants, with real logs and topics.</summary>
internal sealed class KeyedWorld
{
    private readonly MemoryBlobStore _blobs;
    private int _processes;

    public KeyedWorld()
    {
        _blobs = new MemoryBlobStore(Clock);
        Rows = new MemoryRowStore(Clock);
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public MemoryRowStore Rows { get; }

    public StorageMeter Meter { get; } = new();

    /// <param name="watch">What is measured of the process.</param>
    /// <param name="telemetry">What is traced in it.</param>
    public Process Start(IdempotencyOptions? keys = null, LogMetrics? watch = null, TelemetryOptions? telemetry = null)
    {
        var stores = new FailingStores(new CountingBlobStore(_blobs, Meter), new CountingRowStore(Rows, Meter));
        var seed = ++_processes;
#pragma warning disable RS0030 // A fixed seed.
        var random = new Random(seed);
#pragma warning restore RS0030
        var ids = new RandomIdSource(random);
        var logs = new PartitionLogs(new LogContext(
            stores, stores, Clock, random, ids, new LogOptions(), NullLogger<PartitionLogs>.Instance, watch));
        var topics = new TopicCatalog(stores, logs, Clock, ids);
        var host = new EdgeHost(rows: stores, keys: keys, configure: services =>
        {
            services.AddSingleton<TimeProvider>(Clock);
            services.AddSingleton<IIdSource>(ids);
            services.AddSingleton<IPartitionLogs>(logs);
            services.AddSingleton(watch ?? LogMetrics.None);
            services.AddSingleton(telemetry ?? new TelemetryOptions());
            services.AddSingleton<ITopicCatalog>(topics);
        });
        return new Process(host, stores, logs, topics);
    }

    /// <summary>Moves the clock while a request waits on it.</summary>
    public async Task<T> Run<T>(Task<T> task)
    {
        for (var step = 0; !task.IsCompleted; step++)
        {
            Assert.True(step < 2_000, "waits for something that does not come");
            await Task.WhenAny(task, Task.Delay(1));
            Clock.Advance(TimeSpan.FromMilliseconds(50));
        }

        return await task;
    }

    /// <summary>A process of the service. Another one knows nothing but what is stored.</summary>
    internal sealed record Process(EdgeHost Host, FailingStores Stores, PartitionLogs Logs, TopicCatalog Topics)
    {
        public async Task<Topic> CreateTopicAsync(string name, int partitions) =>
            (await Topics.CreateAsync(name, partitions, new Dictionary<string, string?>(), validateOnly: false, default)).Topic!;

        public Task<Answer> ProduceAsync(string? key, string body, string path = "/topics/t", string type = MediaType.Json) =>
            PostAsync(path, body, key, type);

        public Task<Answer> PostAsync(string path, string body, string? key, string type = MediaType.V2) => Host.SendAsync(
            "POST", path, Encoding.UTF8.GetBytes(body),
            key is null ? [("Content-Type", type)] : [("Content-Type", type), (IdempotencyHeader.Name, key)]);

        /// <summary>The values of all partitions, in their order.</summary>
        public async Task<List<string>> ValuesAsync(Topic topic)
        {
            var values = new List<string>();
            for (var partition = 0; partition < topic.Partitions; partition++)
            {
                // The end as storage has it now, not as it was when this process looked last.
                await Logs.OffsetsAsync(topic, partition, default);
                var fetched = await Logs.FetchAsync(topic, partition, 0, 1 << 20, default);
                var walk = new RecordBatchReader(fetched.Batches.Span);
                while (walk.TryRead(out _, out var batch))
                {
                    using var records = RecordReader.Open(batch);
                    while (records.TryRead(out var record))
                    {
                        values.Add(Encoding.UTF8.GetString(record.Value));
                    }
                }
            }

            return values;
        }
    }
}
