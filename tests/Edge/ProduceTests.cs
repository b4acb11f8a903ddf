using System.Text;
using Serverless.Core.Records;
using Serverless.Core.Storage;
using Serverless.Core.Topics;
using Serverless.Edge.Fakes;
using Serverless.Functions.Http;
using Xunit;

namespace Serverless.Edge;

public sealed class ProduceTests
{
    private readonly EdgeHost _host = new();

    [Fact]
    public async Task Records_are_stored_as_they_were_sent_and_read_back_so()
    {
        var topic = _host.Topics.Add("t", 1);

        var answer = await _host.ProduceAsync("/topics/t/", """
            {"records": [
              {"key": "k", "value": { "n" : 9007199254740993, "d" : [ 1.10 , 1e400 ] }, "timestamp": 5,
               "headers": [{"key": "h", "value": "YWJj"}, {"name": "h", "value": null}]},
              {"value": ""}, {"value": 0}, {"value": false}, {"key": null}]}
            """);

        Assert.Equal(200, answer.Status);
        Assert.Equal(MediaType.V2, answer.ContentType);
        Assert.Equal([0L, 1, 2, 3, 4], answer.Json.GetProperty("offsets").EnumerateArray().Select(o => o.GetProperty("offset").GetInt64()));
        Assert.Equal(["offsets", "key_schema_id", "value_schema_id"], answer.Json.EnumerateObject().Select(field => field.Name));
        Assert.Equal(
            ["\"k\" {\"n\":9007199254740993,\"d\":[1.10,1e400]} @5 h=abc,h=null", "null \"\" @1700000000000 ", "null 0 @1700000000000 ",
                "null false @1700000000000 ", "null null @1700000000000 "],
            Stored(topic, 0));

        var read = await _host.GetAsync("/topics/t/partitions/0/records?offset=0", ("Accept", MediaType.Json));

        Assert.Equal(MediaType.Json, read.ContentType);
        Assert.StartsWith(
            """[{"topic":"t","key":"k","value":{"n":9007199254740993,"d":[1.10,1e400]},"partition":0,"offset":0,"timestamp":5,"headers":[{"key":"h","value":"YWJj"},{"key":"h","value":null}]},{"topic":"t","key":null,"value":"","partition":0,"offset":1,"timestamp":1700000000000},""",
            read.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Binary_records_are_bytes_and_an_empty_value_is_not_null()
    {
        var topic = _host.Topics.Add("t", 1);

        await _host.ProduceAsync("/topics/t", """{"records":[{"key":"AP8","value":""},{"value":"\u0041A=="}]}""", MediaType.Binary);
        var read = await _host.GetAsync("/topics/t/partitions/0/records?offset=0");
        var asJson = await _host.GetAsync("/topics/t/partitions/0/records?offset=0", ("Accept", MediaType.Json));

        Assert.Equal(MediaType.Binary, read.ContentType);
        Assert.Equal("AP8=", read.Json[0].GetProperty("key").GetString());
        Assert.Equal("", read.Json[0].GetProperty("value").GetString());
        Assert.Equal("AA==", read.Json[1].GetProperty("value").GetString());
        Assert.Equal((422, 42203), asJson.Error);
        Assert.Equal(0, asJson.Json.GetProperty("offset").GetInt64());
        Assert.Equal(2, _host.Logs.End(topic, 0));
    }

    [Theory]
    [InlineData(null, 422)]
    [InlineData("  ", 422)]
    [InlineData("{", 400)]
    [InlineData("null", 400)]
    [InlineData("[]", 400)]
    [InlineData("{}", 422)]
    [InlineData("{}{}", 400)]
    [InlineData("""{"records":null}""", 422)]
    [InlineData("""{"records":[]}""", 422)]
    [InlineData("""{"records":{}}""", 400)]
    [InlineData("""{"records":[null]}""", 400)]
    [InlineData("""{"records":[1]}""", 400)]
    [InlineData("""{"records":[{}],"records":[{}]}""", 400)]
    [InlineData("""{"records":[{"value":1,"value":2}]}""", 400)]
    [InlineData("""{"records":[{"valur":1}]}""", 422)]
    [InlineData("""{"records":[{"valur":1},{"partition":"x"}]}""", 400)]
    [InlineData("""{"records":[{"__proto__":1}]}""", 422)]
    [InlineData("""{"records":[{}],"$type":"x"}""", 422)]
    [InlineData("""{"records":[{"partition":-1}]}""", 422)]
    [InlineData("""{"records":[{"partition":"0"}]}""", 400)]
    [InlineData("""{"records":[{"partition":1.0}]}""", 400)]
    [InlineData("""{"records":[{"partition":1e0}]}""", 400)]
    [InlineData("""{"records":[{"partition":2147483648}]}""", 400)]
    [InlineData("""{"records":[{"timestamp":-1}]}""", 422)]
    [InlineData("""{"records":[{"timestamp":253402300800000}]}""", 422)]
    [InlineData("""{"records":[{"timestamp":9223372036854775808}]}""", 400)]
    [InlineData("""{"records":[{"headers":{}}]}""", 400)]
    [InlineData("""{"records":[{"headers":[{"key":null}]}]}""", 400)]
    [InlineData("""{"records":[{"headers":[{"value":"YQ"}]}]}""", 422)]
    [InlineData("""{"records":[{"headers":[{"key":"a","name":"b"}]}]}""", 422)]
    [InlineData("""{"records":[{"headers":[{"key":"a","value":"-_-_"}]}]}""", 400)]
    [InlineData("""{"records":[{"value":"\ud800"}]}""", 400)]
    [InlineData("""{"records":[{}],"key_schema":"{}"}""", 422)]
    public async Task A_bad_body_stores_nothing(string? body, int status)
    {
        _host.Topics.Add("t", 3);

        var answer = await _host.PostAsync("/topics/t", body, MediaType.Json);

        Assert.Equal((status, status), answer.Error);
        Assert.Equal(0, _host.Logs.Appends);
        Assert.Equal(0, _host.Topics.LookUps);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("\"abcde\"")]
    [InlineData("\"a\\nbc\"")]
    [InlineData("{}")]
    public async Task A_binary_value_is_base64_in_a_string(string value)
    {
        _host.Topics.Add("t", 1);

        var answer = await _host.ProduceAsync("/topics/t", $$"""{"records":[{"value":{{value}}}]}""", MediaType.Binary);

        Assert.Equal((400, 400), answer.Error);
    }

    [Theory]
    [InlineData(null, 415)]
    [InlineData(MediaType.V2, 415)]
    [InlineData(MediaType.PlainJson, 415)]
    [InlineData("application/vnd.kafka.avro.v2+json", 415)]
    [InlineData("application/vnd.kafka.json.v1+json", 415)]
    [InlineData("text/plain", 415)]
    [InlineData("multipart/form-data; boundary=x", 415)]
    [InlineData("application/vnd.kafka.json.v2+json; charset=utf-7", 415)]
    [InlineData("application/vnd.kafka.json.v2+json; charset=utf-8", 200)]
    public async Task The_type_says_how_records_are_written(string? type, int status)
    {
        _host.Topics.Add("t", 1);

        var answer = await _host.PostAsync("/topics/t", """{"records":[{"value":"YQ"}]}""", type);

        Assert.Equal(status, answer.Status);
    }

    [Theory]
    [InlineData("json", "\"YQ\"")]
    [InlineData("binary", "a")]
    public async Task Plain_JSON_says_so_in_the_query(string format, string stored)
    {
        var topic = _host.Topics.Add("t", 1);

        var answer = await _host.PostAsync($"/topics/t?format={format}", """{"records":[{"value":"YQ"}]}""", "application/json");
        var wrong = await _host.PostAsync("/topics/t?format=avro", """{"records":[{"value":"YQ"}]}""", "application/json");

        Assert.Equal(200, answer.Status);
        Assert.Equal((400, 400), wrong.Error);
        Assert.Contains($"null {stored} ", Assert.Single(Stored(topic, 0)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_topics_and_partitions_of_the_path_are_404()
    {
        _host.Topics.Add("t", 2);
        const string Body = """{"records":[{"value":1}]}""";

        Assert.Equal((404, 40401), (await _host.ProduceAsync("/topics/nope", Body)).Error);
        Assert.Equal((404, 40401), (await _host.ProduceAsync("/topics/a%252Fb", Body)).Error);
        Assert.Equal((404, 40402), (await _host.ProduceAsync("/topics/t/partitions/2", Body)).Error);
        Assert.Equal((404, 40402), (await _host.ProduceAsync("/topics/t/partitions/-1", Body)).Error);
        Assert.Equal((404, 40402), (await _host.ProduceAsync("/topics/t/partitions/2147483648", Body)).Error);
        Assert.Equal((404, 404), (await _host.ProduceAsync("/topics/t/partitions/1.0", Body)).Error);
        Assert.Equal((422, 422), (await _host.ProduceAsync("/topics/t/partitions/1", """{"records":[{"partition":0}]}""")).Error);
        Assert.Equal(200, (await _host.ProduceAsync("/topics/t/partitions/1", """{"records":[{"partition":1}]}""")).Status);
    }

    [Fact]
    public async Task One_stored_record_makes_200_and_the_others_tell_their_errors()
    {
        _host.Topics.Add("t", 2, ("max.message.bytes", "100"));
        var large = new string('x', 100);

        var answer = await _host.ProduceAsync(
            "/topics/t", $$"""{"records":[{"partition":7},{"partition":1,"value":1},{"value":"{{large}}"}]}""");

        Assert.Equal(200, answer.Status);
        Assert.Equal(
            """{"offsets":[{"partition":null,"offset":null,"error_code":40402,"error":"Partition not found."},{"partition":1,"offset":0,"error_code":null,"error":null},{"partition":null,"offset":null,"error_code":413,"error":"The record is larger than max.message.bytes allows."}],"key_schema_id":null,"value_schema_id":null}""",
            answer.Body);
    }

    [Fact]
    public async Task When_none_was_stored_the_first_failure_is_the_status()
    {
        _host.Topics.Add("t", 1);
        _host.Logs.OnAppend = (_, _) => throw new StorageException("secret account", retriable: true);

        var unknown = await _host.ProduceAsync("/topics/t", """{"records":[{"partition":1},{"partition":0}]}""");
        var failed = await _host.ProduceAsync("/topics/t", """{"records":[{}]}""");

        Assert.Equal((404, 40402), unknown.Error);
        Assert.Equal(2, unknown.Json.GetProperty("offsets").GetArrayLength());
        Assert.Equal((500, 50003), failed.Error);
        Assert.Equal("1", failed.Headers.RetryAfter);
        Assert.DoesNotContain("secret", failed.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_may_have_exactly_as_many_bytes_as_the_topic_allows()
    {
        var size = RecordBatchBuilder.RecordSize([], true, "\"abc\""u8, false);
        _host.Topics.Add("fits", 1, ("max.message.bytes", $"{size}"));
        _host.Topics.Add("short", 1, ("max.message.bytes", $"{size - 1}"));

        Assert.Equal(200, (await _host.ProduceAsync("/topics/fits", """{"records":[{"value":"abc"}]}""")).Status);
        Assert.Equal((413, 413), (await _host.ProduceAsync("/topics/short", """{"records":[{"value":"abc"}]}""")).Error);
    }

    [Fact]
    public async Task A_request_has_a_limit_of_records_and_a_record_one_of_headers()
    {
        var host = new EdgeHost(new HttpLimits { RequestRecordsMax = 2, RecordHeadersMax = 1 });
        host.Topics.Add("t", 1);

        Assert.Equal(200, (await host.ProduceAsync("/topics/t", """{"records":[{},{"headers":[{"key":"a"}]}]}""")).Status);
        Assert.Equal((413, 413), (await host.ProduceAsync("/topics/t", """{"records":[{},{},{}]}""")).Error);
        Assert.Equal((422, 422), (await host.ProduceAsync("/topics/t", """{"records":[{"headers":[{"key":"a"},{"key":"b"}]}]}""")).Error);
        Assert.Equal(1, host.Logs.Appends);
    }

    [Fact]
    public async Task A_v3_record_is_answered_by_a_report()
    {
        _host.Topics.Add("t", 1);

        var answer = await _host.V3Async("POST", "/v3/clusters/serverless/topics/t/records", """
            {"partition_id": 0, "timestamp": "2024-01-01T00:00:00Z", "headers": [{"name": "h", "value": "YWJj"}],
             "key": {"data": "azE="}, "value": {"data": {"a" : 1}, "type": "JSON"}}
            """);

        Assert.Equal(200, answer.Status);
        Assert.Equal("application/json", answer.ContentType);
        Assert.Equal(
            """{"error_code":200,"cluster_id":"serverless","topic_name":"t","partition_id":0,"offset":0,"timestamp":"2024-01-01T00:00:00.000Z","key":{"type":"BINARY","size":2},"value":{"type":"JSON","size":7}}""",
            answer.Body);
    }

    [Theory]
    [InlineData("{}", 200, 200)]
    [InlineData("""{"value":{"type":"STRING","data":"x"}}""", 200, 200)]
    [InlineData("""{"value":{"type":"AVRO","data":"x"}}""", 400, 400)]
    [InlineData("""{"value":{"data":"a b"}}""", 400, 400)]
    [InlineData("""{"valu":{}}""", 400, 400)]
    [InlineData("""{"partition_id":"0"}""", 400, 400)]
    [InlineData("""{"partition_id":9}""", 404, 40402)]
    [InlineData("""{"partition_id":-1}""", 404, 40402)]
    [InlineData("""{"timestamp":"yesterday"}""", 400, 400)]
    [InlineData("""{"headers":[{"name":"a","value":"?"}]}""", 400, 400)]
    [InlineData("[]", 400, 400)]
    [InlineData("{", 400, 400)]
    [InlineData(" ", 422, 422)]
    public async Task The_only_v3_record_decides_the_status(string body, int status, int code)
    {
        _host.Topics.Add("t", 1);

        var answer = await _host.V3Async("POST", "/v3/clusters/serverless/topics/t/records", body);

        Assert.Equal((status, code), answer.Error);
    }

    [Fact]
    public async Task Several_v3_records_are_200_each_with_its_own_report()
    {
        _host.Topics.Add("t", 1);

        var answer = await _host.V3Async(
            "POST", "/v3/clusters/serverless/topics/t/records", """{"partition_id":0}{"value":{"data":"?"}} {"partition_id":5}{}""");
        var unknown = await _host.V3Async("POST", "/v3/clusters/serverless/topics/nope/records", "{}{}");
        var one = await _host.V3Async("POST", "/v3/clusters/serverless/topics/nope/records", "{}");

        Assert.Equal(200, answer.Status);
        Assert.Equal([200, 400, 40402, 200], answer.Body.Split('\n').Select(Code));
        Assert.Equal((200, 40401, 40401), (unknown.Status, Code(unknown.Body.Split('\n')[0]), Code(unknown.Body.Split('\n')[1])));
        Assert.Equal((404, 40401), one.Error);
    }

    private static int Code(string report) =>
        System.Text.Json.JsonDocument.Parse(report).RootElement.GetProperty("error_code").GetInt32();

    private List<string> Stored(Topic topic, int partition)
    {
        static string Text(ReadOnlySpan<byte> bytes, bool isNull) => isNull ? "null" : Encoding.UTF8.GetString(bytes);

        var stored = new List<string>();
        var batches = new RecordBatchReader(_host.Logs.Bytes(topic, partition).Span);
        while (batches.TryRead(out _, out var batch))
        {
            using var records = RecordReader.Open(batch);
            while (records.TryRead(out var record))
            {
                var headers = new List<string>();
                var reader = record.Headers;
                while (reader.TryRead(out var key, out var valueIsNull, out var value))
                {
                    headers.Add($"{Text(key, false)}={Text(value, valueIsNull)}");
                }

                stored.Add($"{Text(record.Key, record.KeyIsNull)} {Text(record.Value, record.ValueIsNull)} @{record.Timestamp} {string.Join(',', headers)}");
            }
        }

        return stored;
    }
}
