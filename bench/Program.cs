using System.Globalization;
using Serverless.Bench;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Transactions;

if (args is ["cold-start", .. var rest])
{
    await ColdStart.RunAsync(rest is [var runs] ? int.Parse(runs, CultureInfo.InvariantCulture) : 9);
    return;
}

// The storage meter: what each action asks of storage in steady state. Counts, not times, so that every run prints the same.
var world = new World();
var instance = world.NewInstance();
var topic = await instance.CreateTopicAsync("orders", 12);
for (var partition = 0; partition < topic.Partitions; partition++)
{
    await instance.ProduceAsync(topic, partition);
}

Console.WriteLine("| action | appends | reads | other blob calls | table reads | table writes | $ per million |");
Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");

await PrintAsync("produce, 1 record", () => instance.ProduceAsync(topic, 0));
await PrintAsync("produce, 1,000 records to one partition", () => instance.ProduceAsync(topic, 0, records: 1_000));
await PrintAsync("100 produces at once on one instance and partition", () =>
    Task.WhenAll(Enumerable.Range(0, 100).Select(_ => instance.ProduceAsync(topic, 0))));

await instance.ProduceInSequenceAsync(topic, 0, producerId: 1, sequence: 0);
await PrintAsync("produce of an idempotent producer", () => instance.ProduceInSequenceAsync(topic, 0, producerId: 1, sequence: 1));

var program = (await instance.Transactions.InitAsync("program", null, default)).Value!.InstanceId;
TransactionStep step = null!;
await PrintAsync("transaction: begin", async () => step = await instance.BeginAsync("program", program));
await PrintAsync("transaction: first records to 3 partitions", () => instance.AddAsync(step, topic, 3));
await PrintAsync("transaction: more records to the same", () => instance.AddAsync(step, topic, 3));
await PrintAsync("transaction: commit on 3 partitions", () => instance.CommitAsync(step));
step = await instance.BeginAsync("program", program);
await instance.AddAsync(step, topic, 3);
await PrintAsync("transaction: offsets of a group", () => instance.AddOffsetsAsync(step, "accounts", "orders"));
await PrintAsync("transaction: commit on 3 partitions and a group", () => instance.CommitAsync(step));

await instance.JoinAsync("billing", "b1", "orders");
await instance.PollAsync("billing", "b1", TimeSpan.Zero);
await instance.ProduceAsync(topic, 0);
await PrintAsync("poll with records, cached tail", () => instance.PollAsync("billing", "b1", TimeSpan.Zero));
await PrintAsync("heartbeat", () => instance.Groups.HeartbeatAsync("billing", "b1", default).AsTask());
await PrintAsync("commit of what was delivered", () => instance.Groups.CommitAsync("billing", "b1", null, default).AsTask());

var single = await instance.CreateTopicAsync("single", 1);
await instance.ProduceAsync(single, 0);
await instance.JoinAsync("waiting", "w1", "single");
await instance.PollAsync("waiting", "w1", TimeSpan.Zero);
await instance.PollAsync("waiting", "w1", TimeSpan.Zero);
await PrintAsync("empty poll of 30 s, one partition", () => instance.PollAsync("waiting", "w1", TimeSpan.FromSeconds(30)));

var deep = await instance.CreateTopicAsync("deep", 1);
for (var n = 0; n < 20_000; n++)
{
    await instance.ProduceAsync(deep, 0, bytes: 10);
}

// What the last roll leaves behind its reply is not the reader's.
await Task.Delay(500);
var cold = world.NewInstance();
await PrintAsync("open a partition of 20,000 batches cold, and read its end", () =>
    cold.Logs.FetchAsync(deep, 0, 20_000, 1024, default).AsTask());
await PrintAsync("read it from offset 12,345, cold", () =>
    world.NewInstance().Logs.FetchAsync(deep, 0, 12_345, 1024, default).AsTask());

await instance.Retention.SweepAsync(default);
await PrintAsync("retention of idle topics", () => instance.Retention.SweepAsync(default).AsTask());
while (await instance.Groups.SweepAsync(default))
{
}

async Task PrintAsync(string action, Func<Task> run)
{
    var calls = await world.CountAsync(run);
    var others = calls.Creates + calls.Lists + calls.Deletes;
    Console.WriteLine(
        $"| {action} | {calls.Appends} | {calls.Reads} | {others} | {calls.Gets + calls.Queries} | {calls.Submits} | {Price(calls):0.00} |");
}

// Hot LRS list prices per 10,000, US regions, mid-2026: writes and lists $0.055, reads $0.0044, table calls $0.00036.
static double Price(StorageCalls calls) =>
    100 * ((0.055 * (calls.Appends + calls.Creates + calls.Lists)) + (0.0044 * calls.Reads) + (0.00036 * calls.Tables));
