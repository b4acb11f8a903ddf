using Microsoft.Extensions.Primitives;
using Serverless.Core.Idempotency;
using Serverless.Core.Storage;
using Serverless.Core.Topics;
using Serverless.Edge.Fakes;
using Serverless.Functions.Http;
using Xunit;

namespace Serverless.Edge;

/// <summary>What a client sees of its idempotency keys, while nothing breaks.</summary>
public sealed class IdempotencyKeyTests
{
    private const string Body = """{"records":[{"value":1},{"value":2},{"key":"k","value":3}]}""";

    private readonly KeyedWorld _world = new();

    [Fact]
    public async Task The_same_key_gets_the_same_answer_and_stores_nothing_more()
    {
        var (first, second) = (_world.Start(), _world.Start());
        var topic = await first.CreateTopicAsync("t", 2);

        var answer = await first.ProduceAsync("\"a\"", Body);
        var again = await first.ProduceAsync("\"a\"", Body);
        var elsewhere = await second.ProduceAsync("\"a\"", Body);

        Assert.Equal(200, answer.Status);
        Assert.Equal("Fri, 02 Jan 2026 00:00:00 GMT", answer.Headers["Idempotency-Expires"]);
        Assert.Equal(StringValues.Empty, answer.Headers["Idempotency-Replayed"]);
        foreach (var replay in (Answer[])[again, elsewhere])
        {
            Assert.Equal((answer.Status, answer.ContentType, answer.Body), (replay.Status, replay.ContentType, replay.Body));
            Assert.Equal("true", replay.Headers["Idempotency-Replayed"]);
            Assert.Equal(answer.Headers["Idempotency-Expires"], replay.Headers["Idempotency-Expires"]);
        }

        Assert.Equal(["1", "2", "3"], (await second.ValuesAsync(topic)).Order());
    }

    [Fact]
    public async Task A_key_counts_for_its_path_alone()
    {
        var process = _world.Start();
        var topic = await process.CreateTopicAsync("t", 1);
        await process.CreateTopicAsync("u", 1);

        string[] paths = ["/topics/t", "/topics/t/partitions/0", "/topics/u"];
        foreach (var path in paths)
        {
            Assert.Equal(StringValues.Empty, (await process.ProduceAsync("a", Body, path)).Headers["Idempotency-Replayed"]);
        }

        Assert.Equal("true", (await process.ProduceAsync("\"a\"", Body, "/topics/t/")).Headers["Idempotency-Replayed"]);
        Assert.Equal(6, (await process.ValuesAsync(topic)).Count);
    }

    [Theory]
    [InlineData("""{"records":[{"value":1}]}""", MediaType.Json)]
    [InlineData("""{"records":[{"value":"MQ=="},{"value":"MQ=="}]}""", MediaType.Binary)]
    [InlineData("{ \"records\":[{\"value\":\"MQ==\"}]}", MediaType.Json)]
    public async Task Another_body_or_type_under_the_same_key_is_refused(string other, string type)
    {
        var process = _world.Start();
        var topic = await process.CreateTopicAsync("t", 1);
        await process.ProduceAsync("a", """{"records":[{"value":"MQ=="}]}""", type: MediaType.Json);

        var answer = await process.ProduceAsync("a", other, type: type);

        Assert.Equal((422, 42250), answer.Error);
        Assert.Single(await process.ValuesAsync(topic));
    }

    [Fact]
    public async Task With_plain_JSON_the_format_is_part_of_what_was_asked()
    {
        var process = _world.Start();
        await process.CreateTopicAsync("t", 1);
        const string Either = """{"records":[{"value":"MQ=="}]}""";
        await process.ProduceAsync("a", Either, "/topics/t?format=json", MediaType.PlainJson);

        Assert.Equal((422, 42250), (await process.ProduceAsync("a", Either, "/topics/t?format=binary", MediaType.PlainJson)).Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"\"")]
    [InlineData("\"a")]
    [InlineData("\"a\"b")]
    [InlineData("\"a\\n\"")]
    [InlineData("\"a\";p=1")]
    [InlineData("\"é\"")]
    [InlineData("a b")]
    [InlineData("a,b")]
    [InlineData("a\"b")]
    public async Task A_malformed_key_is_refused(string key)
    {
        var process = _world.Start();
        var topic = await process.CreateTopicAsync("t", 1);

        Assert.Equal((400, 40051), (await process.ProduceAsync(key, Body)).Error);
        Assert.Empty(await process.ValuesAsync(topic));
    }

    [Fact]
    public async Task A_key_has_at_most_255_characters_and_is_sent_once()
    {
        var process = _world.Start();
        await process.CreateTopicAsync("t", 1);

        Assert.Equal(200, (await process.ProduceAsync($"\"{new string('~', 255)}\"", Body)).Status);
        Assert.Equal(200, (await process.ProduceAsync($"\"{string.Concat(Enumerable.Repeat("\\\\\\\"", 127))}\"", Body)).Status);
        Assert.Equal((400, 40051), (await process.ProduceAsync(new string('a', 256), Body)).Error);
        Assert.Equal((400, 40051), (await process.Host.SendAsync(
            "POST", "/topics/t", [], ("Content-Type", MediaType.Json), ("Idempotency-Key", "a"), ("Idempotency-Key", "a"))).Error);
    }

    [Fact]
    public async Task What_is_wrong_with_the_request_itself_does_not_use_its_key_up()
    {
        var process = _world.Start();
        await process.CreateTopicAsync("t", 1);

        Assert.Equal((400, 400), (await process.ProduceAsync("a", "{")).Error);
        Assert.Equal((422, 422), (await process.ProduceAsync("a", "{}")).Error);
        Assert.Equal((415, 415), (await process.ProduceAsync("a", Body, type: "text/plain")).Error);
        Assert.Equal(200, (await process.ProduceAsync("a", Body)).Status);
    }

    [Fact]
    public async Task Not_found_and_too_large_are_answers_that_stay()
    {
        var process = _world.Start();
        var large = $$"""{"records":[{"value":"{{new string('x', 1_100_000)}}"}]}""";

        var unknown = await process.ProduceAsync("a", Body);
        await process.CreateTopicAsync("t", 1);
        var replay = await process.ProduceAsync("a", Body);
        var tooLarge = await process.ProduceAsync("b", large);
        var tooLargeReplay = await process.ProduceAsync("b", large);

        Assert.Equal((404, 40401), unknown.Error);
        Assert.Equal((404, unknown.Body, "true"), (replay.Status, replay.Body, replay.Headers["Idempotency-Replayed"].ToString()));
        Assert.Equal((413, 413), tooLarge.Error);
        Assert.Equal((413, tooLarge.Body), (tooLargeReplay.Status, tooLargeReplay.Body));
        Assert.Equal((404, 40402), (await process.ProduceAsync("c", Body, "/topics/t/partitions/7")).Error);
    }

    [Fact]
    public async Task A_v3_record_has_its_key_too()
    {
        var process = _world.Start();
        var topic = await process.CreateTopicAsync("t", 3);
        const string Path = "/v3/clusters/serverless/topics/t/records";
        const string Record = """{"value":{"type":"JSON","data":1}}""";

        var answer = await process.PostAsync(Path, Record, "\"a\"", MediaType.PlainJson);
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        var again = await process.PostAsync(Path, Record, "\"a\"", MediaType.PlainJson);

        Assert.Equal(200, answer.Status);
        Assert.Equal(answer.Body, again.Body);
        Assert.Single(await process.ValuesAsync(topic));
        Assert.Equal((404, 40401), (await process.PostAsync("/v3/clusters/serverless/topics/x/records", Record, "\"a\"", MediaType.PlainJson)).Error);
    }

    [Fact]
    public async Task A_topic_is_created_once()
    {
        var (first, second) = (_world.Start(), _world.Start());
        const string Create = """{"topic_name":"orders","partitions_count":3}""";

        var answer = await first.PostAsync("/v3/clusters/serverless/topics", Create, "\"a\"", MediaType.PlainJson);
        var again = await second.PostAsync("/v3/clusters/serverless/topics", Create, "\"a\"", MediaType.PlainJson);
        var other = await second.PostAsync("/v3/clusters/serverless/topics", Create, "\"b\"", MediaType.PlainJson);

        Assert.Equal(201, answer.Status);
        Assert.Equal((201, answer.Body, "true"), (again.Status, again.Body, again.Headers["Idempotency-Replayed"].ToString()));
        Assert.Equal(answer.Headers.Location, again.Headers.Location);
        Assert.Equal((400, 40002), other.Error);
        Assert.Equal((400, 40002), (await first.PostAsync("/v3/clusters/serverless/topics", Create, "\"b\"", MediaType.PlainJson)).Error);
    }

    [Fact]
    public async Task A_consumer_without_a_name_gets_the_same_one_again()
    {
        var process = _world.Start();

        var answer = await process.PostAsync("/consumers/g", "", "a");
        var again = await process.PostAsync("/consumers/g", "", "a");
        var other = await process.PostAsync("/consumers/g", "", "b");

        Assert.Equal(200, answer.Status);
        Assert.Equal(answer.Body, again.Body);
        Assert.NotEqual(answer.Body, other.Body);
        Assert.Equal(2, process.Host.Groups.Calls.Count);
        Assert.Equal(2, process.Host.Groups.Calls.Select(call => call.Arguments[4]).Distinct().Count());
    }

    [Fact]
    public async Task Where_a_key_is_required_a_request_without_one_is_refused()
    {
        var process = _world.Start(new IdempotencyOptions { KeyRequired = true });
        await process.CreateTopicAsync("t", 1);

        Assert.Equal((400, 40050), (await process.ProduceAsync(null, Body)).Error);
        Assert.Equal((400, 40050), (await process.PostAsync("/v3/clusters/serverless/topics/t/records", "{}", null, MediaType.PlainJson)).Error);
        Assert.Equal(200, (await process.ProduceAsync("a", Body)).Status);
        Assert.Equal(201, (await process.PostAsync(
            "/v3/clusters/serverless/topics", """{"topic_name":"u"}""", null, MediaType.PlainJson)).Status);
    }

    [Fact]
    public async Task A_topic_can_require_a_key_for_itself()
    {
        var process = _world.Start();
        await process.CreateTopicAsync("free", 1);
        var strict = new Dictionary<string, string?> { ["idempotency.key.required"] = "true" };
        await process.Topics.CreateAsync("t", 1, strict, validateOnly: false, default);

        Assert.Equal((400, 40050), (await process.ProduceAsync(null, Body)).Error);
        Assert.Equal(200, (await process.ProduceAsync(null, Body, "/topics/free")).Status);
        Assert.Equal(200, (await process.ProduceAsync("a", Body)).Status);
    }

    [Fact]
    public async Task A_key_that_has_expired_is_a_new_one()
    {
        var process = _world.Start();
        var topic = await process.CreateTopicAsync("t", 1);
        await process.ProduceAsync("a", Body);
        _world.Clock.Advance(TimeSpan.FromHours(24) + TimeSpan.FromSeconds(2));

        var reused = await process.ProduceAsync("a", Body);
        var other = await process.ProduceAsync("a", """{"records":[{}]}""");

        Assert.Equal((200, ""), (reused.Status, reused.Headers["Idempotency-Replayed"].ToString()));
        Assert.Equal((422, 42250), other.Error);
        Assert.Equal(6, (await process.ValuesAsync(topic)).Count);
    }

    [Fact]
    public async Task The_sweep_comes_round_within_hours_and_leaves_what_has_not_expired()
    {
        var process = _world.Start();
        await process.CreateTopicAsync("t", 1);
        for (var key = 0; key < 40; key++)
        {
            await process.ProduceAsync($"k{key}", Body);
        }

        _world.Clock.Advance(TimeSpan.FromHours(20));
        await process.ProduceAsync("late", Body);
        _world.Clock.Advance(TimeSpan.FromHours(4) + TimeSpan.FromSeconds(2));
        var sweep = new IdempotencySweep(_world.Rows, _world.Clock, new IdempotencyOptions { SweepRowsMax = 2 });
        for (var run = 0; run < 64; run++)
        {
            while (await sweep.SweepAsync(default))
            {
            }
        }

        Assert.Equal(1, await RowsAsync());
        Assert.Equal("true", (await process.ProduceAsync("late", Body)).Headers["Idempotency-Replayed"]);
    }

    [Fact]
    public async Task A_key_costs_two_table_calls()
    {
        var process = _world.Start();
        await process.CreateTopicAsync("t", 2);
        await process.ProduceAsync(null, Body);
        await process.ProduceAsync("warm", Body);

        var plain = await CallsAsync(() => process.ProduceAsync(null, Body));
        var keyed = await CallsAsync(() => process.ProduceAsync("a", Body));
        var replayed = await CallsAsync(() => process.ProduceAsync("a", Body));

        Assert.Equal((0, 2), (plain.Tables, plain.Blobs));
        Assert.Equal((2, 2), (keyed.Tables, keyed.Blobs));
        Assert.Equal((2, 0), (replayed.Tables, replayed.Blobs));
    }

    [Fact]
    public async Task A_long_answer_is_kept_whole()
    {
        var process = _world.Start();
        await process.CreateTopicAsync("t", 7);
        var body = $$"""{"records":[{{string.Join(',', Enumerable.Range(0, 5_000).Select(i => $"{{\"value\":{i}}}"))}}]}""";

        var answer = await process.ProduceAsync("a", body);
        var again = await process.ProduceAsync("a", body);

        Assert.Equal(200, answer.Status);
        Assert.Equal(answer.Body, again.Body);
    }

    private async Task<StorageCalls> CallsAsync(Func<Task<Answer>> request)
    {
        var before = _world.Meter.Read();
        Assert.Equal(200, (await request()).Status);
        return _world.Meter.Read() - before;
    }

    private async Task<int> RowsAsync()
    {
        var count = 0;
        for (var shard = 0; shard < 64; shard++)
        {
            count += (await _world.Rows.QueryAsync("idempotency", new RowQuery($"k|{shard:x2}"), default)).Rows.Count;
        }

        return count;
    }
}
