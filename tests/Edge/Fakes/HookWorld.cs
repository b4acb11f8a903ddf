using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Core.Records;
using Serverless.Functions.Delivery.Webhooks;

namespace Serverless.Edge.Fakes;

/// <summary>What sends webhooks, with names that lead where a test says, and a clock that stands still.</summary>
internal sealed class HookWorld : IDisposable
{
    /// <summary>Stands for the whole Internet: connections to it go to the receiver on loopback.</summary>
    public static readonly IPAddress Public = IPAddress.Parse("93.184.215.14");

    public static readonly byte[] Secret = [.. Enumerable.Range(1, 32).Select(n => (byte)n)];

    public HookWorld(bool allowPrivate = true, Func<int, IPAddress[]>? resolve = null)
    {
        Safety = new WebhookSafety(allowPrivate, []);
        Client = new WebhookClient(
            Safety,
            (host, _) =>
            {
                Resolved.Add(host);
                return Task.FromResult(resolve?.Invoke(Resolved.Count) ?? [IPAddress.Loopback]);
            },
            (addresses, port, cancellationToken) =>
            {
                Connected.AddRange(addresses);
                return WebhookClient.ConnectAsync(
                    [.. addresses.Select(address => address.Equals(Public) ? IPAddress.Loopback : address)], port, cancellationToken);
            });
    }

    public FakeTimeProvider Clock { get; } = new(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));

    public WebhookSafety Safety { get; }

    public WebhookClient Client { get; }

    public List<string> Resolved { get; } = [];

    public List<IPAddress> Connected { get; } = [];

    public void Dispose() => Client.Dispose();

    public WebhookTarget Target(
        Uri url, WebhookBody body = WebhookBody.Records, RecordFormat format = RecordFormat.Json, TimeSpan? timeMax = null) =>
        new(new DeliveryTarget.Webhook(url, body, format), Secret, Client.Http, Clock, timeMax ?? TimeSpan.FromSeconds(20), "cluster");

    public static DeliveryBatch Batch(params string?[] values) =>
        Batch([.. values.Select(value => (1_700_000_000_123, (byte[]?)null, value is null ? null : Encoding.UTF8.GetBytes(value)))]);

    /// <summary>Records from offset 40 on; the slice begins with the first, while the stored batch has one more on either side.</summary>
    public static DeliveryBatch Batch(params (long Timestamp, byte[]? Key, byte[]? Value)[] records)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var (timestamp, key, value) in (ReadOnlySpan<(long, byte[]?, byte[]?)>)[(1, null, "no"u8.ToArray()), .. records, (1, null, "no"u8.ToArray())])
        {
            builder.Add(timestamp, key, key is null, value, value is null, timestamp == 7 ? [new("h", "v"u8.ToArray())] : []);
        }

        var bytes = builder.Build();
        RecordBatch.Stamp(bytes, 39, 0);
        var slice = new PolledSlice(new("orders", 3), bytes, 40, 40 + records.Length);
        return new DeliveryBatch("group", "topicid", slice, 40, slice.ToOffset, "0123456789abcdef0123456789abcdef", 1);
    }
}
