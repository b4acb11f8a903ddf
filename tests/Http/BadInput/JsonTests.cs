using System.Text;

namespace Serverless.Http.BadInput;

/// <summary>Bodies that are not JSON, not quite JSON, or JSON of the wrong kind.</summary>
public sealed class JsonTests(BadInputFixture service) : BadInputTests(service)
{
    private const string Consumers = "/consumers/shop";

    // Those of a subscribed instance and of one with an assignment; each takes a JSON object.
    private static readonly string[] V2Writes =
    [
        Consumers, $"{BadInputFixture.Subscribed}/subscription", $"{BadInputFixture.Subscribed}/offsets",
        $"{BadInputFixture.Assigned}/assignments", $"{BadInputFixture.Assigned}/positions", $"{BadInputFixture.Assigned}/positions/beginning",
        $"{BadInputFixture.Assigned}/positions/end", "/consumers/audit/offsets",
    ];

    private static readonly (string Method, string Path)[] V3Writes =
    [
        ("POST", TopicsV3), ("PATCH", $"{TopicsV3}/orders"), ("PUT", $"{TopicsV3}/orders/configs/retention.ms"),
        ("POST", $"{TopicsV3}/orders/configs:alter"), ("POST", $"{TopicsV3}/orders/records"),
    ];

    public static TheoryData<string, string> Broken => new()
    {
        { "truncated", "{\"records\":[{\"value\":1}" },
        { "cut in a string", "{\"records\":[{\"value\":\"a" },
        { "text behind", "{\"records\":[{\"value\":1}]}x" },
        { "two documents", "{\"records\":[{\"value\":1}]}{\"records\":[{\"value\":1}]}" },
        { "byte order mark", "\uFEFF{\"records\":[{\"value\":1}]}" },
        { "bad escape", "{\"records\":[{\"value\":\"\\x41\"}]}" },
        { "half an escape", "{\"records\":[{\"value\":\"\\u12\"}]}" },
        { "lone high surrogate", "{\"records\":[{\"value\":\"\\ud800\"}]}" },
        { "lone low surrogate", "{\"records\":[{\"value\":\"\\udc00\"}]}" },
        { "surrogates the wrong way", "{\"records\":[{\"value\":\"\\udc00\\ud800\"}]}" },
        { "lone surrogate in a name", "{\"records\":[{\"value\":{\"\\ud800\":1}}]}" },
        { "raw control character", "{\"records\":[{\"value\":\"a\u0001\"}]}" },
        { "raw NUL", "{\"records\":[{\"value\":\"a\0\"}]}" },
        { "raw line feed", "{\"records\":[{\"value\":\"a\n\"}]}" },
        { "single quotes", "{'records':[{'value':1}]}" },
        { "comment", "{\"records\":[{\"value\":1}]/*c*/}" },
        { "trailing comma", "{\"records\":[{\"value\":1},]}" },
        { "no quotes", "{records:[{value:1}]}" },
        { "NaN", "{\"records\":[{\"value\":NaN}]}" },
        { "Infinity", "{\"records\":[{\"value\":-Infinity}]}" },
        { "leading zero", "{\"records\":[{\"value\":01}]}" },
        { "plus", "{\"records\":[{\"value\":+1}]}" },
        { "bare point", "{\"records\":[{\"value\":1.}]}" },
        { "hexadecimal", "{\"records\":[{\"value\":0x1}]}" },
        { "upper case literal", "{\"records\":[{\"value\":TRUE}]}" },
        { "duplicate records", "{\"records\":[{\"value\":1}],\"records\":[{\"value\":2}]}" },
        { "duplicate value", "{\"records\":[{\"value\":1,\"value\":2}]}" },
        { "duplicate by escape", "{\"records\":[{\"value\":1,\"\\u0076alue\":2}]}" },
        { "records an object", "{\"records\":{\"value\":1}}" },
        { "records a string", "{\"records\":\"x\"}" },
        { "record null", "{\"records\":[null]}" },
        { "record a number", "{\"records\":[1]}" },
        { "record an array", "{\"records\":[[]]}" },
        { "headers an object", "{\"records\":[{\"value\":1,\"headers\":{}}]}" },
        { "header a string", "{\"records\":[{\"value\":1,\"headers\":[\"a\"]}]}" },
        { "header key a number", "{\"records\":[{\"value\":1,\"headers\":[{\"key\":1}]}]}" },
        { "header key null", "{\"records\":[{\"value\":1,\"headers\":[{\"key\":null,\"value\":null}]}]}" },
        { "header value not base64", "{\"records\":[{\"value\":1,\"headers\":[{\"key\":\"a\",\"value\":\"*\"}]}]}" },
        { "header value a number", "{\"records\":[{\"value\":1,\"headers\":[{\"key\":\"a\",\"value\":1}]}]}" },
        { "form", "records=1&value=2" },
        { "xml", "<records/>" },
        { "depth 10,000", new string('[', 10_000) + new string(']', 10_000) },
        { "depth 10,000 in a value", "{\"records\":[{\"value\":" + new string('[', 10_000) + new string(']', 10_000) + "}]}" },
        { "depth 10,000 unclosed", "{\"records\":[{\"value\":" + new string('[', 10_000) },
    };

    public static TheoryData<string, string> Content => new()
    {
        { "an empty body", "" },
        { "white space", " \r\n\t " },
        { "{}", "{}" },
        { "records null", "{\"records\":null}" },
        { "records empty", "{\"records\":[]}" },
        { "unknown field", "{\"records\":[{\"value\":1}],\"acks\":1}" },
        { "typo of value", "{\"records\":[{\"valur\":1}]}" },
        { "case of value", "{\"records\":[{\"Value\":1}]}" },
        { "$type", "{\"$type\":\"System.IO.FileInfo\",\"records\":[{\"value\":1}]}" },
        { "__proto__", "{\"records\":[{\"value\":1,\"__proto__\":{\"partition\":0}}]}" },
        { "offset set by a client", "{\"records\":[{\"value\":1,\"offset\":7}]}" },
        { "text and base64", "{\"records\":[{\"value\":1,\"value_base64\":\"YQ==\"}]}" },
        { "schema", "{\"value_schema\":\"{}\",\"records\":[{\"value\":1}]}" },
        { "schema id", "{\"value_schema_id\":1,\"records\":[{\"value\":1}]}" },
        { "header without a key", "{\"records\":[{\"value\":1,\"headers\":[{\"value\":null}]}]}" },
        { "header with both names", "{\"records\":[{\"value\":1,\"headers\":[{\"key\":\"a\",\"name\":\"a\"}]}]}" },
        { "unknown field of a header", "{\"records\":[{\"value\":1,\"headers\":[{\"key\":\"a\",\"values\":\"\"}]}]}" },
        { "one bad record among good ones", "{\"records\":[{\"value\":1},{\"value\":2,\"partition\":-1},{\"value\":3}]}" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task What_is_not_JSON_of_the_right_kind_is_400(string what, string body)
    {
        Assert.NotEmpty(what);

        await Service.RefusesAsync(400, 400, "POST", "/topics/orders", body, ServiceFixture.Json);
        await Service.RefusesAsync(400, 400, "POST", "/topics/orders/partitions/0", body, ServiceFixture.Json);
        await Service.RefusesAsync(400, 400, "POST", "/topics/orders?format=json", body, ServiceFixture.Plain);
    }

    [Theory]
    [MemberData(nameof(Content))]
    public async Task A_produce_request_that_breaks_a_rule_on_content_is_422(string what, string body)
    {
        Assert.NotEmpty(what);

        await Service.RefusesAsync(422, 422, "POST", "/topics/orders", body, ServiceFixture.Json);
        await Service.RefusesAsync(422, 422, "POST", "/topics/orders/partitions/1", body, ServiceFixture.Json);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("[{}]")]
    [InlineData("1")]
    [InlineData("\"{}\"")]
    [InlineData("true")]
    [InlineData("{")]
    [InlineData("{}x")]
    [InlineData("{}{}")]
    [InlineData("\uFEFF{}")]
    [InlineData("{'a':1}")]
    [InlineData("{,}")]
    [InlineData("nul")]
    public async Task A_body_that_is_no_JSON_object_is_400_everywhere(string body)
    {
        foreach (var path in V2Writes)
        {
            await Service.RefusesAsync(400, 400, "POST", path, body);
        }

        foreach (var (method, path) in V3Writes)
        {
            // Several objects are several records there.
            if (!(path.EndsWith("/records", StringComparison.Ordinal) && body == "{}{}"))
            {
                await Service.RefusesAsync(400, 400, method, path, body, ServiceFixture.Plain);
            }
        }

        await Service.RefusesAsync(400, 400, "POST", "/topics/orders", body, ServiceFixture.Binary);
    }

    [Fact]
    public async Task A_body_that_is_not_UTF8_is_400()
    {
        byte[][] bodies =
        [
            Encoding.Unicode.GetBytes(OneRecord),
            [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(OneRecord)],
            [.. "{\"records\":[{\"value\":\""u8, 0xFF, .. "\"}]}"u8],
            [.. "{\"records\":[{\"value\":\""u8, 0xC0, 0xAF, .. "\"}]}"u8],
            [.. "{\"records\":[{\"value\":\""u8, 0xED, 0xA0, 0x80, .. "\"}]}"u8],
            [.. "{\"records\":[{\"value\":\""u8, 0xF4, 0x90, 0x80, 0x80, .. "\"}]}"u8],
            [.. "{\"records\":[{\"value\":\""u8, 0xE2, 0x82],
            Encoding.UTF32.GetBytes(OneRecord),
        ];

        foreach (var body in bodies)
        {
            await Service.RefusesAsync(400, 400, "/topics/orders", body);
            await Service.RefusesAsync(400, 400, Consumers, body, ServiceFixture.V2);
            await Service.RefusesAsync(400, 400, $"{TopicsV3}/orders/records", body, ServiceFixture.Plain);
        }
    }

    [Theory]
    [InlineData("\"abc\\n\"")]
    [InlineData("\"a\"")]
    [InlineData("\"a===\"")]
    [InlineData("\"-_-_\"")]
    [InlineData("\"YQ==YQ==\"")]
    [InlineData("\"YWJj\\nYWJj\"")]
    [InlineData("\" YWJj\"")]
    [InlineData("\"\\u0000\"")]
    [InlineData("\"é\"")]
    [InlineData("1")]
    [InlineData("true")]
    [InlineData("{}")]
    [InlineData("[\"YQ==\"]")]
    public async Task What_is_not_base64_is_400(string value)
    {
        await Service.RefusesAsync(400, 400, "POST", "/topics/orders", $$"""{"records":[{"value":{{value}}}]}""", ServiceFixture.Binary);
        await Service.RefusesAsync(400, 400, "POST", "/topics/orders", $$"""{"records":[{"key":{{value}},"value":null}]}""", ServiceFixture.Binary);
        await Service.RefusesAsync(400, 400, "POST", $"{TopicsV3}/orders/records", "{\"value\":{\"type\":\"BINARY\",\"data\":" + value + "}}", ServiceFixture.Plain);
    }

    [Theory]
    [InlineData("/subscription", "{}", 422, 422)]
    [InlineData("/subscription", "", 422, 422)]
    [InlineData("/subscription", "{\"topics\":null}", 422, 422)]
    [InlineData("/subscription", "{\"topics\":\"orders\"}", 422, 422)]
    [InlineData("/subscription", "{\"topics\":[1]}", 422, 422)]
    [InlineData("/subscription", "{\"topics\":[null]}", 422, 422)]
    [InlineData("/subscription", "{\"topics\":[\"\"]}", 422, 422)]
    [InlineData("/subscription", "{\"topic_pattern\":1}", 422, 422)]
    [InlineData("/subscription", "{\"topic_pattern\":\"\"}", 422, 422)]
    [InlineData("/subscription", "{\"topic_pattern\":\"[\"}", 422, 422)]
    [InlineData("/subscription", "{\"topic_pattern\":\"(a+)+\\\\1\"}", 422, 422)]
    [InlineData("/subscription", "{\"topic_pattern\":\"(?=a)\"}", 422, 422)]
    [InlineData("/subscription", "{\"topics\":[\"orders\"],\"topic_pattern\":\".*\"}", 409, 40903)]
    [InlineData("/subscription", "{\"topics\":[\"orders\"],\"topic\":\"x\"}", 422, 422)]
    [InlineData("/assignments", "{\"partitions\":[{\"topic\":\"orders\",\"partition\":0}]}", 409, 40903)]
    [InlineData("/assignments", "{}", 422, 422)]
    [InlineData("/assignments", "", 422, 422)]
    [InlineData("/assignments", "{\"partitions\":{}}", 422, 422)]
    [InlineData("/assignments", "{\"partitions\":[{\"topic\":\"orders\"}]}", 422, 422)]
    [InlineData("/assignments", "{\"partitions\":[{\"partition\":0}]}", 422, 422)]
    [InlineData("/assignments", "{\"partitions\":[{\"topic\":1,\"partition\":0}]}", 400, 400)]
    [InlineData("/assignments", "{\"partitions\":[0]}", 400, 400)]
    [InlineData("/assignments", "{\"partitions\":[{\"topic\":\"orders\",\"partition\":0,\"offset\":1}]}", 422, 422)]
    [InlineData("/positions", "", 422, 422)]
    [InlineData("/positions", "{}", 422, 422)]
    [InlineData("/positions", "{\"offsets\":{}}", 422, 422)]
    [InlineData("/positions", "{\"offsets\":[{\"topic\":\"orders\",\"partition\":0}]}", 422, 422)]
    [InlineData("/positions", "{\"offsets\":[{\"topic\":\"orders\",\"offset\":0}]}", 422, 422)]
    [InlineData("/positions/beginning", "", 422, 422)]
    [InlineData("/positions/end", "{}", 422, 422)]
    [InlineData("/positions/end", "{\"partitions\":null}", 422, 422)]
    [InlineData("/offsets", "{\"offsets\":1}", 422, 422)]
    [InlineData("/offsets", "{\"offsets\":[{\"topic\":\"orders\",\"partition\":0}]}", 422, 422)]
    [InlineData("/offsets", "{\"offsets\":[{\"topic\":\"orders\",\"partition\":0,\"offset\":1,\"next_offset\":2}]}", 422, 422)]
    [InlineData("/offsets", "{\"offsets\":[{\"topic\":\"orders\",\"partition\":0,\"offset\":1,\"metadata\":1}]}", 400, 400)]
    [InlineData("/offsets", "{\"offsets\":[],\"partitions\":[]}", 422, 422)]
    [InlineData("/offsets", "{\"offsets\":[{\"topic\":\"orders\",\"partition\":0,\"offset\":1}],\"generation\":1}", 422, 422)]
    public async Task A_consumer_request_that_breaks_a_rule_is_refused(string path, string body, int status, int code)
    {
        await Service.RefusesAsync(status, code, "POST", BadInputFixture.Subscribed + path, body);
    }

    [Theory]
    [InlineData("POST", "", "", 422, 422)]
    [InlineData("POST", "", "{}", 400, 400)]
    [InlineData("POST", "", "{\"topic_name\":null}", 400, 400)]
    [InlineData("POST", "", "{\"topic_name\":1}", 400, 400)]
    [InlineData("POST", "", "{\"topic_name\":\"orders\"}", 400, 40002)]
    [InlineData("POST", "", "{\"topic_name\":\"never\",\"replication_factor\":3}", 400, 40002)]
    [InlineData("POST", "", "{\"topic_name\":\"never\",\"configs\":[{\"name\":\"colour\",\"value\":\"red\"}]}", 400, 40002)]
    [InlineData("POST", "", "{\"topic_name\":\"never\",\"configs\":[{\"name\":\"retention.ms\",\"value\":\"1e3\"}]}", 400, 40002)]
    [InlineData("POST", "", "{\"topic_name\":\"never\",\"configs\":[{\"name\":\"retention.ms\",\"value\":1000}]}", 400, 400)]
    [InlineData("POST", "", "{\"topic_name\":\"never\",\"configs\":{}}", 400, 400)]
    [InlineData("POST", "", "{\"topic_name\":\"never\",\"validate_only\":\"true\"}", 400, 400)]
    [InlineData("POST", "", "{\"topic_name\":\"never\",\"owner\":\"me\"}", 400, 400)]
    [InlineData("PATCH", "/orders", "", 422, 422)]
    [InlineData("PATCH", "/orders", "{}", 400, 400)]
    [InlineData("PATCH", "/orders", "{\"partitions_count\":2}", 400, 40002)]
    [InlineData("PATCH", "/orders", "{\"partitions_count\":1}", 400, 40002)]
    [InlineData("PATCH", "/absent", "{\"partitions_count\":3}", 404, 40401)]
    [InlineData("PUT", "/orders/configs/retention.ms", "", 422, 422)]
    [InlineData("PUT", "/orders/configs/retention.ms", "{}", 400, 400)]
    [InlineData("PUT", "/orders/configs/retention.ms", "{\"value\":\"-2\"}", 400, 40002)]
    [InlineData("PUT", "/orders/configs/retention.ms", "{\"value\":\"9223372036854775808\"}", 400, 40002)]
    [InlineData("PUT", "/orders/configs/cleanup.policy", "{\"value\":\"shred\"}", 400, 40002)]
    [InlineData("PUT", "/orders/configs/colour", "{\"value\":\"red\"}", 404, 404)]
    [InlineData("DELETE", "/orders/configs/colour", null, 404, 404)]
    [InlineData("GET", "/orders/configs/colour", null, 404, 404)]
    [InlineData("POST", "/orders/configs:alter", "", 422, 422)]
    [InlineData("POST", "/orders/configs:alter", "{}", 400, 400)]
    [InlineData("POST", "/orders/configs:alter", "{\"data\":[{\"name\":\"retention.ms\",\"value\":\"1\"},{\"name\":\"colour\",\"value\":\"1\"}]}", 400, 40002)]
    [InlineData("POST", "/orders/configs:alter", "{\"data\":[{\"name\":\"retention.ms\",\"operation\":\"ADD\"}]}", 400, 400)]
    [InlineData("POST", "/orders/configs:alter", "{\"data\":[{\"name\":\"retention.ms\"}]}", 400, 400)]
    [InlineData("POST", "/orders/configs:alter", "{\"data\":[{\"value\":\"1\"}]}", 400, 400)]
    [InlineData("POST", "/absent/configs:alter", "{\"data\":[]}", 404, 40401)]
    [InlineData("POST", "/orders/records", "", 422, 422)]
    [InlineData("POST", "/orders/records", "{\"value\":{\"type\":\"AVRO\",\"data\":1}}", 400, 400)]
    [InlineData("POST", "/orders/records", "{\"value\":1}", 400, 400)]
    [InlineData("POST", "/orders/records", "{\"valur\":{\"data\":null}}", 400, 400)]
    [InlineData("POST", "/orders/records", "{\"partition_id\":7}", 404, 40402)]
    [InlineData("POST", "/orders/records", "{\"partition_id\":-1}", 404, 40402)]
    [InlineData("POST", "/orders/records", "{\"partition_id\":\"0\"}", 400, 400)]
    [InlineData("POST", "/orders/records", "{\"timestamp\":\"yesterday\"}", 400, 400)]
    [InlineData("POST", "/orders/records", "{\"headers\":[{\"name\":\"h\",\"value\":\"*\"}]}", 400, 400)]
    [InlineData("POST", "/absent/records", "{}", 404, 40401)]
    public async Task A_v3_request_that_breaks_a_rule_is_refused(string method, string path, string? body, int status, int code)
    {
        await Service.RefusesAsync(status, code, method, TopicsV3 + path, body, ServiceFixture.Plain);
    }

    [Fact]
    public async Task Large_and_wide_bodies_are_refused_with_what_they_are()
    {
        var million = string.Join(',', Enumerable.Repeat("1", 1_000_000));
        var manyRecords = string.Join(',', Enumerable.Repeat("{\"value\":1}", 10_001));
        var manyFields = string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"f{i}\":1"));
        var manyEntries = string.Join(',', Enumerable.Repeat("{\"topic\":\"orders\",\"partition\":0,\"offset\":1}", 1_001));

        await Service.RefusesAsync(400, 400, "POST", "/topics/orders", $$"""{"records":[{{million}}]}""", ServiceFixture.Json);
        await Service.RefusesAsync(413, 413, "POST", "/topics/orders", $$"""{"records":[{{manyRecords}}]}""", ServiceFixture.Json);
        await Service.RefusesAsync(413, 413, "POST", $"{TopicsV3}/orders/records", string.Concat(Enumerable.Repeat("{}", 10_001)), ServiceFixture.Plain);
        await Service.RefusesAsync(422, 422, "POST", "/topics/orders", $$"""{"records":[{"value":1,{{manyFields}}}]}""", ServiceFixture.Json);
        await Service.RefusesAsync(422, 42204, "POST", Consumers, "{" + manyFields + "}");
        await Service.RefusesAsync(422, 422, "POST", $"{BadInputFixture.Subscribed}/offsets", $$"""{"offsets":[{{manyEntries}}]}""");
    }

    [Fact]
    public async Task After_all_of_it_good_requests_work()
    {
        await Service.ServesAsync();
    }
}
