using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Serverless.Core.Topics;

namespace Serverless.Http.Contract;

/// <summary>v2 produce, and what is stored of a record (sections 1.6, 1.7 and 2.4 of the HTTP contract).</summary>
public sealed class ProduceTests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    [Fact]
    public async Task The_reply_has_all_fields_of_every_record_in_its_order()
    {
        var topic = await service.CreateTopicAsync(2);

        var answer = await service.PostAsync(
            $"/topics/{topic}",
            """{"records":[{"value":1,"partition":1},{"value":2,"partition":0},{"value":3,"partition":1}],"key_schema":null,"value_schema_id":null}""",
            ServiceFixture.Json, ServiceFixture.V2);

        Assert.Equal(ServiceFixture.V2, answer.Must(200).ContentType);
        Assert.Equal(
            """{"offsets":[{"partition":1,"offset":0,"error_code":null,"error":null},{"partition":0,"offset":0,"error_code":null,"error":null},{"partition":1,"offset":1,"error_code":null,"error":null}],"key_schema_id":null,"value_schema_id":null}""",
            answer.Text);
    }

    [Theory]
    [InlineData("9007199254740993")]
    [InlineData("1.10")]
    [InlineData("-0")]
    [InlineData("1e400")]
    [InlineData("1E+2")]
    [InlineData("123456789012345678901234567890.123456789012345678901234567890")]
    [InlineData("0")]
    [InlineData("false")]
    [InlineData("true")]
    [InlineData("\"\"")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\"\\u00e9\\ud83d\\ude00\\u0000\"")]
    [InlineData("\"é😀\"")]
    [InlineData("{\"b\":1,\"a\":[1.0,null,{\"b\":2}],\"\":\"\"}")]
    public async Task JSON_comes_back_as_it_was_written(string value)
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(topic, $$"""{"key":{{value}},"value": {{value}} }""");

        var json = await ReadAsync(topic, ServiceFixture.Json);
        var binary = await ReadAsync(topic, ServiceFixture.Binary);

        Assert.Contains($"\"key\":{value},\"value\":{value},", json.Text, StringComparison.Ordinal);
        Assert.Equal(value, Encoding.UTF8.GetString(Convert.FromBase64String(binary.Node[0]!["value"]!.GetValue<string>())));
    }

    [Fact]
    public async Task White_space_between_tokens_is_not_stored()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(topic, "{ \"value\" : { \"a b\" :\t[ 1 ,\r\n 2 ] } }");

        Assert.Contains("\"value\":{\"a b\":[1,2]}", (await ReadAsync(topic, ServiceFixture.Json)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Null_and_missing_are_null_and_an_empty_string_is_not()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(topic, "{\"key\":null,\"value\":null}", "{}", "{\"key\":\"\",\"value\":\"\"}");
        await service.ProduceAsync(topic, ["{\"key\":null,\"value\":null}", "{}", "{\"key\":\"\",\"value\":\"\"}"], null, ServiceFixture.Binary);

        var records = (await ReadAsync(topic, ServiceFixture.Binary)).Node.AsArray();

        Assert.Equal(
            [null, null, "IiI=", null, null, ""], records.Select(record => record!["value"]?.GetValue<string>()));
        Assert.Equal([null, null, "IiI=", null, null, ""], records.Select(record => record!["key"]?.GetValue<string>()));
        Assert.All(records, record => Assert.True(record!.AsObject().ContainsKey("key") && record.AsObject().ContainsKey("value")));
    }

    [Theory]
    [InlineData("YWJj", "YWJj")]
    [InlineData("YQ==", "YQ==")]
    [InlineData("YQ", "YQ==")]
    [InlineData("+/+/", "+/+/")]
    [InlineData("\\u0059Q==", "YQ==")]
    public async Task Binary_takes_base64_with_or_without_padding_and_gives_it_with(string sent, string shown)
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(topic, [$$"""{"key":"{{sent}}","value":"{{sent}}"}"""], null, ServiceFixture.Binary);

        var record = (await ReadAsync(topic, ServiceFixture.Binary)).Node[0]!;

        Assert.Equal((shown, shown), (record["key"]!.GetValue<string>(), record["value"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Headers_keep_order_repeats_and_nulls_and_show_only_when_there_are_any()
    {
        var topic = await service.CreateTopicAsync();
        const string Headers = """[{"key":"trace","value":"YWJj"},{"key":"a","value":""},{"key":"trace","value":null}]""";
        await service.ProduceAsync(
            topic, $$"""{"value":1,"headers":{{Headers}}}""", "{\"value\":2}", "{\"value\":3,\"headers\":[]}", "{\"value\":4,\"headers\":null}",
            "{\"value\":5,\"headers\":[{\"name\":\"n\",\"value\":\"YQ\"}]}", "{\"value\":6,\"headers\":[{\"key\":\"only\"}]}");

        var records = (await ReadAsync(topic, ServiceFixture.Json)).Node.AsArray();

        Assert.Equal(Headers, records[0]!["headers"]!.ToJsonString());
        Assert.All(records.Skip(1).Take(3), record => Assert.False(record!.AsObject().ContainsKey("headers")));
        Assert.Equal("""[{"key":"n","value":"YQ=="}]""", records[4]!["headers"]!.ToJsonString());
        Assert.Equal("""[{"key":"only","value":null}]""", records[5]!["headers"]!.ToJsonString());
    }

    [Fact]
    public async Task A_timestamp_is_kept_and_a_missing_one_is_now()
    {
        var topic = await service.CreateTopicAsync();
        var before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        await service.ProduceAsync(topic, "{\"value\":1,\"timestamp\":0}", "{\"value\":1,\"timestamp\":253402300799999}", "{\"value\":1,\"timestamp\":null}");

        var times = (await ReadAsync(topic, ServiceFixture.Json)).Node.AsArray().Select(record => record!["timestamp"]!.GetValue<long>()).ToList();

        Assert.Equal([0, 253402300799999], times[..2]);
        Assert.InRange(times[2], before, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task A_topic_with_LogAppendTime_shows_the_servers_time()
    {
        var topic = await service.CreateTopicAsync(1, null, "message.timestamp.type=LogAppendTime");
        await service.ProduceAsync(topic, "{\"value\":1,\"timestamp\":5}");

        var time = (await ReadAsync(topic, ServiceFixture.Json)).Node[0]!["timestamp"]!.GetValue<long>();

        Assert.InRange(time, DateTimeOffset.UtcNow.AddMinutes(-5).ToUnixTimeMilliseconds(), DateTimeOffset.UtcNow.AddMinutes(5).ToUnixTimeMilliseconds());
    }

    [Theory]
    [InlineData("21", -973932308)]
    [InlineData("foobar", -790332482)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("abc", 479470107)]
    public async Task A_key_goes_where_Kafkas_partitioner_sends_it(string key, int murmur2)
    {
        const int Partitions = 7;
        var topic = await service.CreateTopicAsync(Partitions);
        var base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(key));

        var binary = await service.ProduceAsync(topic, [$$"""{"key":"{{base64}}","value":null}"""], null, ServiceFixture.Binary);
        var json = await service.ProduceAsync(topic, $$"""{"key":"{{key}}","value":1}""");

        Assert.Equal((murmur2 & 0x7fffffff) % Partitions, binary.Single().Partition);
        // A JSON key is its text, quotes and all.
        Assert.Equal(Partitioner.ForKey(Encoding.UTF8.GetBytes($"\"{key}\""), Partitions), json.Single().Partition);
    }

    [Fact]
    public async Task Records_without_a_key_go_round_and_an_explicit_partition_wins()
    {
        var topic = await service.CreateTopicAsync(3);

        var round = await service.ProduceAsync(topic, "{\"value\":1}", "{\"value\":2}", "{\"value\":3}");
        var chosen = await service.ProduceAsync(topic, "{\"key\":\"a\",\"value\":1,\"partition\":2}", "{\"key\":\"b\",\"value\":1,\"partition\":2}");

        Assert.Equal([0, 1, 2], round.Select(stored => stored.Partition).Order());
        Assert.All(chosen, stored => Assert.Equal(2, stored.Partition));
    }

    [Fact]
    public async Task A_partition_in_the_path_takes_all_and_one_in_the_record_must_be_the_same()
    {
        var topic = await service.CreateTopicAsync(2);

        var same = await service.ProduceAsync(topic, ["{\"key\":\"a\",\"value\":1}", "{\"value\":2,\"partition\":1}"], 1);
        var other = await service.PostAsync($"/topics/{topic}/partitions/1", "{\"records\":[{\"value\":2,\"partition\":0}]}", ServiceFixture.Json);

        Assert.Equal([(1, 0L), (1, 1L)], same);
        Assert.Equal(422, other.Must(422).ErrorCode);
    }

    [Fact]
    public async Task Failures_of_some_records_are_told_one_by_one_with_200()
    {
        var topic = await service.CreateTopicAsync(1, null, "max.message.bytes=200");

        var answer = await service.PostAsync(
            $"/topics/{topic}",
            $$"""{"records":[{"value":1},{"value":2,"partition":9},{"value":"{{new string('x', 300)}}"},{"value":4}]}""", ServiceFixture.Json);

        var offsets = answer.Must(200).Node["offsets"]!.AsArray();
        Assert.Equal([null, 40402, 413, null], offsets.Select(offset => offset!["error_code"]?.GetValue<int>()));
        Assert.Equal([0, null, null, 1], offsets.Select(offset => offset!["offset"]?.GetValue<long>()));
        Assert.Equal("""{"partition":null,"offset":null,"error_code":40402,"error":"Partition not found."}""", offsets[1]!.ToJsonString());
        Assert.False(answer.Node.AsObject().ContainsKey("error_code"));
    }

    [Fact]
    public async Task When_no_record_was_stored_the_status_is_that_of_the_first_failure()
    {
        var topic = await service.CreateTopicAsync(1, null, "max.message.bytes=200");
        var large = $"{{\"value\":\"{new string('x', 300)}\"}}";

        var unknown = await service.PostAsync($"/topics/{topic}", $$"""{"records":[{"value":2,"partition":9},{{large}}]}""", ServiceFixture.Json);
        var tooLarge = await service.PostAsync($"/topics/{topic}", $$"""{"records":[{{large}},{"value":2,"partition":9}]}""", ServiceFixture.Json);

        Assert.Equal((404, 40402), (unknown.Status, unknown.ErrorCode));
        Assert.Equal((413, 413), (tooLarge.Status, tooLarge.ErrorCode));
        Assert.Equal([413, 40402], tooLarge.Node["offsets"]!.AsArray().Select(offset => offset!["error_code"]!.GetValue<int>()));
        Assert.Equal(JsonValueKindOf(tooLarge.Node["message"]), System.Text.Json.JsonValueKind.String);
    }

    [Theory]
    [InlineData("application/json", "?format=json", "{\"records\":[{\"value\":{\"a\":1}}]}")]
    [InlineData("application/json;charset=UTF-8", "?format=binary", "{\"records\":[{\"value\":\"YQ==\"}]}")]
    [InlineData("Application/VND.kafka.JSON.v2+json; charset=\"utf-8\"", "", "{\"records\":[{\"value\":1}]}")]
    [InlineData("application/vnd.kafka.json.v2+json", "?format=json", "{\"records\":[{\"value\":1}]}")]
    public async Task Types_match_without_case_and_plain_JSON_says_its_format(string type, string query, string body)
    {
        var topic = await service.CreateTopicAsync();

        (await service.PostAsync($"/topics/{topic}{query}", body, type)).Must(200);
    }

    [Fact]
    public async Task A_gzipped_body_is_taken()
    {
        var topic = await service.CreateTopicAsync();
        using var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            await gzip.WriteAsync("{\"records\":[{\"value\":\"zipped\"}]}"u8.ToArray());
        }

        (await service.SendAsync("POST", $"/topics/{topic}", compressed.ToArray(), ServiceFixture.Json, null, ("Content-Encoding", "gzip"))).Must(200);

        Assert.Equal("zipped", (await ReadAsync(topic, ServiceFixture.Json)).Node[0]!["value"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_compressed_topic_reads_as_any_other()
    {
        var topic = await service.CreateTopicAsync(1, null, "compression.type=gzip");
        await service.ProduceAsync(topic, Enumerable.Range(0, 100).Select(i => $"{{\"value\":{i}}}"));

        var values = (await ReadAsync(topic, ServiceFixture.Json)).Node.AsArray().Select(record => record!["value"]!.GetValue<int>());

        Assert.Equal(Enumerable.Range(0, 100), values);
    }

    private static System.Text.Json.JsonValueKind? JsonValueKindOf(JsonNode? node) => node?.GetValueKind();

    private async Task<Answer> ReadAsync(string topic, string format) =>
        (await service.GetAsync($"/topics/{topic}/partitions/0/records?offset=0", format)).Must(200);
}
