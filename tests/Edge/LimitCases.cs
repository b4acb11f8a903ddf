using System.IO.Compression;
using System.Net;
using System.Text;
using Serverless.Core.Records;
using Serverless.Edge.Fakes;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Quotas;

namespace Serverless.Edge;

/// <summary>How each limit of docs/limits.md is met, and how it is passed, by requests to the real service.</summary>
internal static class LimitCases
{
    private const string V3 = "/v3/clusters/serverless";

    /// <param name="Value">What its setting is in the test; empty where it has none.</param>
    /// <param name="At">What is just allowed; null where no request can tell.</param>
    /// <param name="Above">One more, asked right after that.</param>
    internal sealed record LimitCase(string Value, Func<EdgeHost, Task<Answer>>? At, Func<EdgeHost, Task<Answer>>? Above)
    {
        /// <summary>Other settings that the limit leans on.</summary>
        public (string, string)[] With { get; init; } = [];
    }

    public static IReadOnlyDictionary<string, LimitCase> All { get; } = new Dictionary<string, LimitCase>(StringComparer.Ordinal)
    {
        ["bytes of a body as sent (`max.request.bytes`)"] = new("2000", host => BodyAsync(host, 2_000), host => BodyAsync(host, 2_001)),
        ["bytes of a body with gzip undone"] = new("4194304", host => GzipAsync(host, 4_194_304), host => GzipAsync(host, 4_194_305)),
        ["time in which a body must have come, ms"] = new("500", host => LateAsync(host, 499), host => LateAsync(host, 500)),
        ["time of a request, ms"] = new("60001", host => LateAsync(host, 60_000), host => LateAsync(host, 60_001))
        {
            With = [("Http__BodyTimeoutMs", "100000")],
        },
        ["nesting of JSON"] = new("", host => NestedAsync(host, 128), host => NestedAsync(host, 129)),
        ["entries of a list: topics, partitions, offsets, configs"] = new("3", host => SubscribeAsync(host, 3), host => SubscribeAsync(host, 4)),
        ["records of a produce request"] = new("5", host => RecordsAsync(host, 5), host => RecordsAsync(host, 6)),
        ["records of one partition in it, bytes"] = new("", host => BlockAsync(host, 0), host => BlockAsync(host, 1))
        {
            With = [("Http__RequestBytesMax", "10000000")],
        },
        ["bytes of a record (`max.message.bytes`, a setting of its topic)"] = new("", host => RecordAsync(host, 0), host => RecordAsync(host, 1)),
        ["headers of a record"] = new("2", host => HeadersAsync(host, 2), host => HeadersAsync(host, 3)),
        ["wait for records, ms"] = new("2000", host => WaitAsync(host, 2_000), host => WaitAsync(host, 2_001)),
        ["bytes of a reply with records (`consumer.request.max.bytes`)"] = new(
            "1024", host => ReadBackAsync(host, 1_024), host => ReadBackAsync(host, 1_025)),
        ["records of a reply"] = new("2", host => ReadBackAsync(host, 1, 1), host => ReadBackAsync(host, 1)),
        ["partitions of a commit"] = new("", host => CommitAsync(host, 96), host => CommitAsync(host, 97)),
        ["bytes of an offset's metadata (`offset.metadata.max.bytes`)"] = new(
            "10", host => CommitAsync(host, 1, "ééééé"), host => CommitAsync(host, 1, "ééééé.")),

        ["characters of a topic"] = new("", host => TopicAsync(host, Name(249)), host => TopicAsync(host, Name(250))),
        ["characters of a group"] = Named(255, name => $"/consumers/{name}", "{}"),
        ["characters of a consumer instance"] = new(
            "", host => InstanceAsync(host, "g", Name(255)), host => InstanceAsync(host, "g", Name(256))),
        ["characters of a transactional id"] = Named(255, name => $"/transactions/{name}", "{}"),
        ["characters of an effect's scope"] = Effect(255, name => $"/effects/{name}/k"),
        ["characters of an effect's key"] = Effect(255, name => $"/effects/s/{name}"),
        ["characters of an idempotency key"] = new("", host => KeyedAsync(host, 255), host => KeyedAsync(host, 256)),

        ["topics"] = new("2", async host => await TopicAsync(host, "a") is { Status: 201 } ? await TopicAsync(host, "b") : null!, host => TopicAsync(host, "c")),
        ["partitions of a topic"] = new("7", host => TopicAsync(host, "a", 7), host => TopicAsync(host, "b", 8)),
        ["consumer instances of a group (`group.max.size`)"] = new(
            "2", async host => await InstanceAsync(host, "g", "a") is { Status: 200 } ? await InstanceAsync(host, "g", "b") : null!,
            host => InstanceAsync(host, "g", "c")),
        ["longest session of a consumer, ms"] = new("20000", host => SessionAsync(host, 20_000), host => SessionAsync(host, 20_001)),
        ["shortest session of a consumer, ms"] = new("7000", host => SessionAsync(host, 7_000), host => SessionAsync(host, 6_999)),
        ["transactional ids, each with one open transaction at most"] = new(
            "2", async host => await InitAsync(host, "a") is { Status: 200 } ? await InitAsync(host, "b") : null!, host => InitAsync(host, "c")),
        ["partitions of a transaction"] = new("2", host => TransactAsync(host, 2), host => TransactAsync(host, 3)),
        ["groups of a transaction"] = new("2", host => OffsetsAsync(host, 2), host => OffsetsAsync(host, 3)),
        ["time of a transaction, ms (`transaction.max.timeout.ms`)"] = new(
            "70000", host => InitAsync(host, "a", 70_000), host => InitAsync(host, "b", 70_001)),
        ["deliveries"] = new("1", host => DeliverAsync(host, "g"), host => DeliverAsync(host, "h")),
        ["records of a delivery's batch"] = Delivered("batch.max.records", 1_000),
        ["bytes of a delivery's batch"] = Delivered("batch.max.bytes", 3 * 1024 * 1024),
        ["workers of a delivery"] = Delivered("workers.max", 64),
        ["bytes of an effect's result"] = new("", host => ResultAsync(host, 48 * 1024), host => ResultAsync(host, (48 * 1024) + 1)),
        ["lease of an effect, ms"] = new("", host => LeaseAsync(host, "a", 600_000), host => LeaseAsync(host, "b", 600_001)),

        ["partitions whose records it holds at once; the others wait for their turn"] = new("2", null, null),
        ["time of a handler for a batch, ms; then the attempt has failed"] = new("2000", null, null),

        ["requests of a caller in a second, and two seconds' worth at once"] = new("1", host => ListAsync(host, 2), host => ListAsync(host, 1)),
        ["topics, instances, producers and deliveries that a caller makes in a minute"] = new(
            "1", host => InstanceAsync(host, "g", "a"), host => InstanceAsync(host, "g", "b")),
        ["bytes that a caller produces in a second (`producer_byte_rate`)"] = new(
            "500", host => ProducedAsync(host, 1_000), async host => await ProducedAsync(host, 1) is { Status: 200 } ? await ProducedAsync(host, 1) : null!),
        ["bytes that a caller consumes in a second (`consumer_byte_rate`)"] = new(
            "1", host => ReadBackAsync(host, 10), host => host.GetAsync("/topics/t/partitions/0/records?offset=0&timeout=1")),
        ["requests of a caller under way"] = new("2", host => UnderWayAsync(host, 1), host => UnderWayAsync(host, 2)),
        ["reads and polls of a caller under way"] = new("2", host => PollingAsync(host, 1), host => PollingAsync(host, 2)),
        ["requests under way in a process"] = new("2", host => UnderWayAsync(host, 1), host => UnderWayAsync(host, 2)),
        ["reads and polls under way in a process"] = new("2", host => PollingAsync(host, 1), host => PollingAsync(host, 2)),
        ["storage calls of a process in a minute"] = new("60", host => SpendAsync(host, 60), host => SpendAsync(host, 1)),
        ["callers that a process tells apart; those beyond share one allowance"] = new(
            "2", host => CallersAsync(host, 1, 3), host => CallersAsync(host, 4, 4)) { With = [("Quota__RequestsPerSecond", "1")] },
    };

    private static string Name(int length) => new('n', length);

    private static LimitCase Named(int length, Func<string, string> url, string body) =>
        new("", host => host.PostAsync(url(Name(length)), body), host => host.PostAsync(url(Name(length + 1)), body));

    private static LimitCase Effect(int length, Func<string, string> url) =>
        new("", host => PutAsync(host, url(Name(length)), "{}"), host => PutAsync(host, url(Name(length + 1)), "{}"));

    private static LimitCase Delivered(string field, int most) => new(
        "", host => DeliverAsync(host, "g", $"\"{field}\":{most}"), host => DeliverAsync(host, "g", $"\"{field}\":{most + 1}"));

    private static async Task<Answer> TopicAsync(EdgeHost host, string name, int partitions = 1) => await host.V3Async(
        "POST", $"{V3}/topics", $$"""{"topic_name":"{{name}}","partitions_count":{{partitions}}}""");

    private static Task<Answer> InstanceAsync(EdgeHost host, string group, string name) =>
        host.PostAsync($"/consumers/{group}", $$"""{"name":"{{name}}"}""");

    private static Task<Answer> SessionAsync(EdgeHost host, int milliseconds) =>
        host.PostAsync("/consumers/g", $$"""{"session.timeout.ms":{{milliseconds}}}""");

    private static Task<Answer> InitAsync(EdgeHost host, string id, int milliseconds = 60_000) =>
        host.PostAsync($"/transactions/{id}", $$"""{"transaction.timeout.ms":{{milliseconds}}}""");

    private static Task<Answer> PutAsync(EdgeHost host, string url, string body) => host.V3Async("PUT", url, body);

    private static async Task<Answer> BodyAsync(EdgeHost host, int bytes)
    {
        await TopicAsync(host, "t");
        return await host.ProduceAsync("/topics/t", """{"records":[{}]}""".PadRight(bytes));
    }

    private static async Task<Answer> GzipAsync(EdgeHost host, int bytes)
    {
        await TopicAsync(host, "t");
        using var sent = new MemoryStream();
        await using (var gzip = new GZipStream(sent, CompressionLevel.Fastest))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes("""{"records":[{}]}""".PadRight(bytes)));
        }

        return await host.SendAsync("POST", "/topics/t", sent.ToArray(), ("Content-Type", MediaType.Json), ("Content-Encoding", "gzip"));
    }

    private static async Task<Answer> LateAsync(EdgeHost host, int milliseconds)
    {
        await TopicAsync(host, "t");
        var body = new LateBody("""{"records":[{}]}""");
        var answer = host.SendAsync("POST", "/topics/t", body, null, ("Content-Type", MediaType.Json));
        host.Clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        body.Come();
        return await answer;
    }

    // The record, its list and the body are three of them.
    private static async Task<Answer> NestedAsync(EdgeHost host, int depth)
    {
        await TopicAsync(host, "t");
        return await host.ProduceAsync(
            "/topics/t", $$"""{"records":[{"value":{{new string('[', depth - 3)}}{{new string(']', depth - 3)}}}]}""");
    }

    private static async Task<Answer> SubscribeAsync(EdgeHost host, int topics)
    {
        await InstanceAsync(host, "g", "c");
        var names = string.Join(',', Enumerable.Range(0, topics).Select(i => $"\"t{i}\""));
        return await host.PostAsync("/consumers/g/instances/c/subscription", $$"""{"topics":[{{names}}]}""");
    }

    private static async Task<Answer> RecordsAsync(EdgeHost host, int records)
    {
        await TopicAsync(host, "t");
        return await host.ProduceAsync("/topics/t", $$"""{"records":[{{string.Join(',', Enumerable.Repeat("{}", records))}}]}""");
    }

    private static async Task<Answer> HeadersAsync(EdgeHost host, int headers)
    {
        await TopicAsync(host, "t");
        var list = string.Join(',', Enumerable.Range(0, headers).Select(i => $$"""{"key":"h{{i}}","value":null}"""));
        return await host.ProduceAsync("/topics/t", $$"""{"records":[{"headers":[{{list}}]}]}""");
    }

    private static async Task<Answer> RecordAsync(EdgeHost host, int beyond)
    {
        await TopicAsync(host, "t");
        return await ValuesAsync(host, ValueOfRecord(1_048_588 + beyond));
    }

    private static async Task<Answer> BlockAsync(EdgeHost host, int beyond)
    {
        await TopicAsync(host, "t");
        using var batch = new RecordBatchBuilder();
        var values = Enumerable.Repeat(ValueOfRecord(1_048_500), 3).ToList();
        values.ForEach(bytes => batch.Add(1_700_000_000_000, default, keyIsNull: true, new byte[bytes], valueIsNull: false));

        // As large as the last one may turn out, whatever its time.
        values.Add(ValueOfRecord(4_194_048 + beyond - batch.SizeInBytes, offsetDelta: 3, timestampDelta: long.MaxValue / 2));
        return await ValuesAsync(host, [.. values]);
    }

    // How many bytes a value has in a record of so many, which has nothing else.
    private static int ValueOfRecord(int bytes, int offsetDelta = 0, long timestampDelta = 0) => bytes - (RecordBatchBuilder.RecordSize(
        default, keyIsNull: true, new byte[bytes], valueIsNull: false, default, offsetDelta, timestampDelta) - bytes);

    private static Task<Answer> ValuesAsync(EdgeHost host, params int[] bytes)
    {
        var records = bytes.Select(length => $$"""{"value":"{{Convert.ToBase64String(new byte[length])}}"}""");
        return host.ProduceAsync("/topics/t", $$"""{"records":[{{string.Join(',', records)}}]}""", MediaType.Binary);
    }

    // What is said after so long, to who wanted to wait that long.
    private static async Task<Answer> WaitAsync(EdgeHost host, int milliseconds)
    {
        await TopicAsync(host, "t");
        var answer = host.GetAsync($"/topics/t/partitions/0/records?offset=0&timeout={milliseconds}");
        for (var waited = 0; waited < 2_000; waited++)
        {
            if (answer.IsCompleted)
            {
                throw new InvalidOperationException($"It waited for {waited} ms only.");
            }

            host.Clock.Advance(TimeSpan.FromMilliseconds(1));
            await Task.Yield();
        }

        return await answer.WaitAsync(TimeSpan.FromSeconds(30));
    }

    // The reply grows by a record of which so many bytes are shown.
    private static async Task<Answer> ReadBackAsync(EdgeHost host, params int[] bytes)
    {
        await TopicAsync(host, "t");
        await ValuesAsync(host, bytes);
        return await host.GetAsync("/topics/t/partitions/0/records?offset=0&timeout=1");
    }

    private static async Task<Answer> CommitAsync(EdgeHost host, int partitions, string metadata = "")
    {
        await TopicAsync(host, "t", 100);
        await ValuesAsync(host, 1);
        await InstanceAsync(host, "g", "c");
        await host.PostAsync("/consumers/g/instances/c/subscription", """{"topics":["t"]}""");
        var offsets = string.Join(',', Enumerable.Range(0, partitions).Select(
            i => $$"""{"topic":"t","partition":{{i}},"offset":0,"metadata":"{{metadata}}"}"""));
        return await host.PostAsync("/consumers/g/instances/c/offsets", $$"""{"offsets":[{{offsets}}]}""");
    }

    private static async Task<Answer> KeyedAsync(EdgeHost host, int length)
    {
        await TopicAsync(host, "t");
        return await host.SendAsync(
            "POST", "/topics/t", Encoding.UTF8.GetBytes("""{"records":[{}]}"""), ("Content-Type", MediaType.Json),
            ("Idempotency-Key", Name(length)));
    }

    private static async Task<string> BeginAsync(EdgeHost host)
    {
        var begun = (await InitAsync(host, "x")).Json.GetProperty("instance_id").GetString();
        var instance = $"/transactions/x/instances/{begun}";
        return (await host.PostAsync($"{instance}/begin", null)).Status == 204
            ? instance
            : throw new InvalidOperationException("It did not begin.");
    }

    private static async Task<Answer> TransactAsync(EdgeHost host, int partitions)
    {
        await TopicAsync(host, "t", 10);
        var records = string.Join(',', Enumerable.Range(0, partitions).Select(i => $$"""{"partition":{{i}}}"""));
        return await host.ProduceAsync($"{await BeginAsync(host)}/topics/t", $$"""{"records":[{{records}}]}""");
    }

    private static async Task<Answer> OffsetsAsync(EdgeHost host, int groups)
    {
        await TopicAsync(host, "t");
        await ValuesAsync(host, 1);
        var instance = await BeginAsync(host);
        Answer answer = null!;
        for (var i = 0; i < groups; i++)
        {
            answer = await host.PostAsync(
                $"{instance}/offsets", $$"""{"group":"g{{i}}","offsets":[{"topic":"t","partition":0,"offset":0}]}""");
        }

        return answer;
    }

    private static async Task<Answer> DeliverAsync(EdgeHost host, string group, string field = "\"paused\":true")
    {
        await TopicAsync(host, "t");
        await TopicAsync(host, "to");
        return await PutAsync(
            host, $"{V3}/consumer-groups/{group}/delivery",
            $$"""{"topics":["t"],"start":"earliest","target":{"type":"topic","name":"to"},{{field}}}""");
    }

    private static async Task<Answer> ResultAsync(EdgeHost host, int bytes)
    {
        var claim = await PutAsync(host, $"/effects/s/k{bytes}", "{}");
        var token = claim.Json.GetProperty("fencing_token").GetInt64();
        return await PutAsync(
            host, $"/effects/s/k{bytes}", $$"""{"fencing_token":{{token}},"result":"{{new string('r', bytes - 2)}}"}""");
    }

    private static Task<Answer> LeaseAsync(EdgeHost host, string key, int milliseconds) =>
        PutAsync(host, $"/effects/s/{key}", $$"""{"lease.ms":{{milliseconds}}}""");

    private static async Task<Answer> ListAsync(EdgeHost host, int times)
    {
        for (var i = 1; i < times; i++)
        {
            await host.GetAsync("/topics");
        }

        return await host.GetAsync("/topics");
    }

    // One more while so many are under way.
    private static async Task<Answer> UnderWayAsync(EdgeHost host, int others)
    {
        var bodies = Enumerable.Range(0, others).Select(_ => new LateBody("{}")).ToList();
        var waiting = bodies.Select(body => host.SendAsync("POST", "/consumers/g", body, null)).ToList();
        var answer = await host.GetAsync("/topics");
        bodies.ForEach(body => body.Come());
        await Task.WhenAll(waiting);
        return answer;
    }

    private static async Task<Answer> PollingAsync(EdgeHost host, int others)
    {
        var empty = $"empty{others}";
        await TopicAsync(host, empty);
        await TopicAsync(host, "t");
        await ValuesAsync(host, 1);
        var waiting = Enumerable.Range(0, others)
            .Select(_ => host.GetAsync($"/topics/{empty}/partitions/0/records?offset=0&timeout=60000")).ToList();
        var answer = await host.GetAsync("/topics/t/partitions/0/records?offset=0");
        await host.ProduceAsync($"/topics/{empty}", """{"records":[{}]}""");
        await Task.WhenAll(waiting);
        return answer;
    }

    private static Task<Answer> SpendAsync(EdgeHost host, int calls)
    {
        host.Service<StorageBudget>().Spend(calls);
        return host.GetAsync("/topics");
    }

    // The last of these has asked once before. Those beyond the limit have one allowance, of two requests.
    private static async Task<Answer> CallersAsync(EdgeHost host, byte first, byte last)
    {
        Answer answer = null!;
        for (var caller = first; caller <= last; caller++)
        {
            host.From = new IPAddress([10, 0, 0, caller]);
            await host.GetAsync("/topics");
            answer = await host.GetAsync("/topics");
        }

        return answer;
    }

    private static async Task<Answer> ProducedAsync(EdgeHost host, int bytes)
    {
        await TopicAsync(host, "t");
        return await host.ProduceAsync("/topics/t", """{"records":[{}]}""".PadRight(bytes));
    }
}
