using System.Diagnostics;
using System.Text;

namespace Serverless.Http.Contract;

/// <summary>Polls and direct reads (sections 2.10, 5.5 and 5.7 of the HTTP contract).</summary>
public sealed class RecordsTests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    [Fact]
    public async Task A_record_shows_its_fields_and_headers_only_when_there_are_any()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(
            topic, """{"key":"k1","value":{"total":12.50},"timestamp":1700000000000,"headers":[{"key":"trace","value":"YWJj"}]}""", """{"timestamp":1}""");

        var answer = await service.GetAsync($"{await service.SubscribeAsync(topic)}/records");

        Assert.Equal(
            $$"""[{"topic":"{{topic}}","key":"k1","value":{"total":12.50},"partition":0,"offset":0,"timestamp":1700000000000,"headers":[{"key":"trace","value":"YWJj"}]},{"topic":"{{topic}}","key":null,"value":null,"partition":0,"offset":1,"timestamp":1}]""",
            answer.Must(200).Text);
        Assert.Equal(ServiceFixture.Json, answer.ContentType);
    }

    [Theory]
    [InlineData("json", null)]
    [InlineData("json", "*/*")]
    [InlineData("json", "application/*")]
    [InlineData("json", "application/json")]
    [InlineData("json", "application/vnd.kafka.v2+json")]
    [InlineData("json", "application/vnd.kafka.json.v2+json")]
    [InlineData("binary", null)]
    [InlineData("binary", "*/*")]
    [InlineData("binary", "application/vnd.kafka.binary.v2+json, text/html")]
    public async Task Records_come_in_the_consumers_own_format(string format, string? accept)
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(topic, "{\"value\":\"v\"}");
        var consumer = await service.SubscribeAsync(topic, null, $"\"format\":\"{format}\",\"auto.offset.reset\":\"earliest\"");

        var answer = await service.GetAsync($"{consumer}/records", accept);

        Assert.Equal($"application/vnd.kafka.{format}.v2+json", answer.Must(200).ContentType);
        Assert.Equal(format == "json" ? "v" : "InYi", answer.Node[0]!["value"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("json", ServiceFixture.Binary)]
    [InlineData("binary", ServiceFixture.Json)]
    [InlineData("json", "application/vnd.kafka.binary.v2+json, application/vnd.kafka.avro.v2+json")]
    public async Task Another_embedded_format_is_40601_and_moves_nothing(string format, string accept)
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(topic, "{\"value\":1}");
        var consumer = await service.SubscribeAsync(topic, null, $"\"format\":\"{format}\",\"auto.offset.reset\":\"earliest\"");

        var refused = await service.GetAsync($"{consumer}/records", accept);

        Assert.Equal((406, 40601), (refused.Status, refused.ErrorCode));
        Assert.Single(await service.PollAsync(consumer));
    }

    [Fact]
    public async Task A_record_that_is_no_JSON_is_42203_at_its_place_and_can_be_passed()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(topic, "{\"value\":0}");
        await service.ProduceAsync(topic, ["{\"value\":\"bm8ganNvbg==\"}"], null, ServiceFixture.Binary);
        await service.ProduceAsync(topic, "{\"value\":2}");
        var consumer = await service.SubscribeAsync(topic);

        var before = await service.PollAsync(consumer);
        var refused = await service.GetAsync($"{consumer}/records");
        var again = await service.GetAsync($"{consumer}/records");
        (await service.PostAsync($"{consumer}/positions", $$"""{"offsets":[{"topic":"{{topic}}","partition":0,"offset":2}]}""")).Must(204);
        var behind = await service.PollAsync(consumer);

        Assert.Equal(0, Assert.Single(before)!["value"]!.GetValue<int>());
        Assert.Equal((422, 42203), (refused.Status, refused.ErrorCode));
        Assert.Equal((topic, 0, 1), (refused.Node["topic"]!.GetValue<string>(), refused.Node["partition"]!.GetValue<int>(), refused.Node["offset"]!.GetValue<int>()));
        Assert.Equal(refused.Text, again.Text);
        Assert.Equal(2, Assert.Single(behind)!["value"]!.GetValue<int>());
    }

    [Fact]
    public async Task Max_bytes_counts_keys_and_values_and_the_first_record_comes_whatever_its_size()
    {
        var topic = await service.CreateTopicAsync();
        var value = new string('x', 98);
        await service.ProduceAsync(topic, Enumerable.Repeat($"{{\"value\":\"{value}\"}}", 5));
        var consumer = await service.SubscribeAsync(topic);

        var one = await service.GetAsync($"{consumer}/records?max_bytes=1");
        var two = await service.GetAsync($"{consumer}/records?max_bytes=200");
        var rest = await service.GetAsync($"{consumer}/records?max_bytes=0");

        Assert.Equal([1, 2, 2], new[] { one, two, rest }.Select(answer => answer.Must(200).Node.AsArray().Count));
        Assert.Equal(["true", "true", null], new[] { one, two, rest }.Select(answer => answer.Header("Kafka-More")));
    }

    [Fact]
    public async Task Max_records_cuts_a_poll_and_says_that_there_is_more()
    {
        var topic = await service.CreateTopicAsync(3);
        await service.ProduceAsync(topic, Enumerable.Range(0, 30).Select(i => $"{{\"value\":{i},\"partition\":{i % 3}}}"));
        var consumer = await service.SubscribeAsync(topic);
        var places = new List<(int, long)>();

        for (var more = true; more;)
        {
            var answer = (await service.GetAsync($"{consumer}/records?max_records=7")).Must(200);
            Assert.InRange(answer.Node.AsArray().Count, 1, 7);
            places.AddRange(answer.Node.AsArray().Select(record => (record!["partition"]!.GetValue<int>(), record["offset"]!.GetValue<long>())));
            more = answer.Header("Kafka-More") == "true";
        }

        Assert.Equal(30, places.Distinct().Count());
        Assert.Equal(30, places.Count);
        foreach (var partition in places.GroupBy(place => place.Item1))
        {
            Assert.Equal(partition.Select(place => place.Item2).Order(), partition.Select(place => place.Item2));
        }
    }

    [Fact]
    public async Task A_poll_waits_its_time_out_and_not_longer()
    {
        var consumer = await service.SubscribeAsync(await service.CreateTopicAsync());
        await service.PollAsync(consumer, "?timeout=1");
        var began = Stopwatch.GetTimestamp();

        var empty = await service.PollAsync(consumer, "?timeout=700");

        Assert.Empty(empty);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalMilliseconds, 600, 10_000);
    }

    [Fact]
    public async Task A_long_poll_ends_when_a_record_comes()
    {
        var topic = await service.CreateTopicAsync();
        var consumer = await service.SubscribeAsync(topic);
        var began = Stopwatch.GetTimestamp();
        var poll = service.PollAsync(consumer, "?timeout=30000");
        await Task.Delay(200);

        await service.ProduceAsync(topic, "{\"value\":1}");

        Assert.Single(await poll);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalMilliseconds, 0, 10_000);
    }

    [Fact]
    public async Task Min_bytes_waits_for_that_much_or_the_time_out()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(topic, "{\"value\":1}");
        var consumer = await service.SubscribeAsync(topic);
        var began = Stopwatch.GetTimestamp();

        var waited = await service.PollAsync(consumer, "?timeout=600&min_bytes=1000");

        Assert.Single(waited);
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalMilliseconds, 500, 10_000);
    }

    [Fact]
    public async Task HEAD_of_records_moves_nothing()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(topic, "{\"value\":1}");
        var consumer = await service.SubscribeAsync(topic);

        var head = await service.SendAsync("HEAD", $"{consumer}/records", (string?)null);

        Assert.Equal(ServiceFixture.Json, head.Must(200).ContentType);
        Assert.Empty(head.Body);
        Assert.Single(await service.PollAsync(consumer));
    }

    [Fact]
    public async Task Two_polls_at_once_never_deliver_the_same_record()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(topic, Enumerable.Range(0, 200).Select(i => $"{{\"value\":{i}}}"));
        var consumer = await service.SubscribeAsync(topic);
        var offsets = new List<long>();

        while (offsets.Count < 200)
        {
            foreach (var answer in await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => service.GetAsync($"{consumer}/records?max_records=9&timeout=1"))))
            {
                Assert.True(answer.Status == 200 || answer.ErrorCode == 40903, answer.Text);
                if (answer.Status == 200)
                {
                    offsets.AddRange(answer.Node.AsArray().Select(record => record!["offset"]!.GetValue<long>()));
                }
            }
        }

        Assert.Equal(Enumerable.Range(0, 200).Select(i => (long)i), offsets.Order());
    }

    [Fact]
    public async Task A_direct_read_starts_at_an_offset_or_a_time_and_needs_no_consumer()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(topic, Enumerable.Range(0, 5).Select(i => $"{{\"value\":{i},\"timestamp\":{1000 + i}}}"));
        var path = $"/topics/{topic}/partitions/0/records";

        var from = await service.GetAsync($"{path}?offset=3", ServiceFixture.Json);
        var at = await service.GetAsync($"{path}?timestamp=1002&max_records=1", ServiceFixture.Json);
        var binary = await service.GetAsync($"{path}?offset=4");
        var end = await service.GetAsync($"{path}?offset=5&timeout=1", ServiceFixture.Json);
        var later = await service.GetAsync($"{path}?timestamp=9999&timeout=1", ServiceFixture.Json);

        Assert.Equal([3, 4], from.Must(200).Node.AsArray().Select(record => record!["value"]!.GetValue<int>()));
        Assert.Equal(2, Assert.Single(at.Must(200).Node.AsArray())!["value"]!.GetValue<int>());
        Assert.Equal("true", at.Header("Kafka-More"));
        Assert.Equal(ServiceFixture.Binary, binary.Must(200).ContentType);
        Assert.Equal("NA==", binary.Node[0]!["value"]!.GetValue<string>());
        Assert.Equal(("[]", "[]"), (end.Must(200).Text, later.Must(200).Text));
    }

    [Fact]
    public async Task A_large_log_comes_back_whole_and_in_order()
    {
        var topic = await service.CreateTopicAsync();
        for (var batch = 0; batch < 5; batch++)
        {
            await service.ProduceAsync(topic, Enumerable.Range(batch * 1000, 1000).Select(i => $"{{\"key\":{i},\"value\":\"{new string('v', 500)}\"}}"));
        }

        var answer = await service.GetAsync($"/topics/{topic}/partitions/0/records?offset=0", ServiceFixture.Json);

        Assert.Equal(Enumerable.Range(0, 5000), answer.Must(200).Node.AsArray().Select(record => record!["key"]!.GetValue<int>()));
        Assert.True(Encoding.UTF8.GetByteCount(answer.Text) > 2_500_000);
    }
}
