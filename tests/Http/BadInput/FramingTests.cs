using System.IO.Compression;
using System.Text;

namespace Serverless.Http.BadInput;

/// <summary>Types, codings, methods, headers and queries: what can be sent by an ordinary client.</summary>
public sealed class FramingTests(BadInputFixture service) : BadInputTests(service)
{
    private const int RequestBytesMax = 4 * 1024 * 1024;

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("text/plain")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json")]
    [InlineData("application/vnd.kafka.v2+json")]
    [InlineData("application/vnd.kafka+json")]
    [InlineData("application/vnd.kafka.avro.v2+json")]
    [InlineData("application/vnd.kafka.jsonschema.v2+json")]
    [InlineData("application/vnd.kafka.protobuf.v2+json")]
    [InlineData("application/vnd.kafka.json.v1+json")]
    [InlineData("application/vnd.kafka.json.v2+json; charset=utf-7")]
    [InlineData("application/vnd.kafka.json.v2+json; charset=iso-8859-1")]
    [InlineData("application/vnd.kafka.json.v2+json, application/vnd.kafka.binary.v2+json")]
    [InlineData("application/vnd.kafka.json.v2+json; charset")]
    [InlineData("application/*")]
    [InlineData("json")]
    [InlineData("/")]
    public async Task Records_come_in_the_types_of_records_alone(string? type)
    {
        await Service.RefusesAsync(415, 415, "/topics/orders", Encoding.UTF8.GetBytes(OneRecord), type);
        await Service.RefusesAsync(415, 415, "/topics/orders/partitions/0", Encoding.UTF8.GetBytes(OneRecord), type);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData("application/vnd.kafka.avro.v2+json")]
    [InlineData("application/json; charset=utf-16")]
    public async Task Other_types_than_the_contracts_are_415_everywhere(string type)
    {
        foreach (var path in (string[])
            ["/consumers/shop", $"{BadInputFixture.Subscribed}/subscription", $"{BadInputFixture.Subscribed}/offsets", $"{BadInputFixture.Assigned}/positions"])
        {
            await Service.RefusesAsync(415, 415, "POST", path, "{}", type);
        }

        await Service.RefusesAsync(415, 415, "POST", TopicsV3, "{\"topic_name\":\"never\"}", type);
        await Service.RefusesAsync(415, 415, "PATCH", $"{TopicsV3}/orders", "{\"partitions_count\":3}", type);
        await Service.RefusesAsync(415, 415, "POST", $"{TopicsV3}/orders/records", "{}", type);
    }

    [Fact]
    public async Task v3_takes_plain_JSON_alone()
    {
        await Service.RefusesAsync(415, 415, TopicsV3, "{\"topic_name\":\"never\"}"u8.ToArray(), null);
        await Service.RefusesAsync(415, 415, TopicsV3, "{\"topic_name\":\"never\"}"u8.ToArray(), ServiceFixture.V2);
        await Service.RefusesAsync(415, 415, $"{TopicsV3}/orders/records", "{}"u8.ToArray(), ServiceFixture.Json);
    }

    [Theory]
    [InlineData("image/png")]
    [InlineData("text/html, image/*")]
    [InlineData("application/vnd.kafka.avro.v2+json")]
    [InlineData("*/*;q=0")]
    [InlineData("application/json;q=0, application/xml")]
    public async Task What_cannot_be_accepted_is_406_in_plain_JSON(string accept)
    {
        foreach (var path in (string[])
            ["/", "/topics", "/topics/orders", "/topics/absent", "/brokers", $"{BadInputFixture.Subscribed}/records", "/topics/orders/partitions/0/records?offset=0", TopicsV3])
        {
            var answer = await Service.GetAsync(path, accept);

            answer.MustRefuse(406, 406, ServiceFixture.Plain);
        }

        await Service.RefusesAsync(406, 406, "POST", "/topics/orders", OneRecord, ServiceFixture.Json, accept);
        await Service.RefusesAsync(406, 406, "POST", "/consumers/shop", "{}", ServiceFixture.V2, accept);
    }

    [Theory]
    [InlineData("not a type")]
    [InlineData("%%%")]
    [InlineData("application/json;q=2")]
    public async Task An_Accept_that_nobody_can_read_excludes_nothing(string accept)
    {
        (await Service.GetAsync("/topics/orders", accept)).Must(200);
        (await Service.GetAsync("/topics/absent", accept)).MustRefuse(404, 40401, ServiceFixture.V2);
    }

    [Theory]
    [InlineData("application/vnd.kafka.binary.v2+json")]
    [InlineData("application/vnd.kafka.binary.v2+json, image/png")]
    public async Task Records_in_another_embedded_format_are_40601(string accept)
    {
        await Service.RefusesAsync(406, 40601, "GET", $"{BadInputFixture.Subscribed}/records", null, ServiceFixture.V2, accept);
    }

    [Fact]
    public async Task Checks_come_in_the_contracts_order()
    {
        // Each has all that is wrong with those behind it.
        const string Bad = "{\"records\":[{\"value\":1,\"partition\":-1}], ";
        await Service.RefusesAsync(404, 404, "POST", "/topics/absent/nowhere?x=1", Bad, "text/plain", "image/png");
        await Service.RefusesAsync(405, 405, "PUT", "/topics/absent?x=1", Bad, "text/plain", "image/png");
        await Service.RefusesAsync(415, 415, "POST", "/topics/absent", Bad, "text/plain", "image/png");
        await Service.RefusesAsync(406, 406, "POST", "/topics/absent", Bad, ServiceFixture.Json, "image/png");
        await Service.RefusesAsync(413, 413, "POST", "/topics/absent", new string('x', RequestBytesMax + 1), ServiceFixture.Json);
        await Service.RefusesAsync(400, 400, "POST", "/topics/absent", Bad, ServiceFixture.Json);
        await Service.RefusesAsync(422, 422, "POST", "/topics/absent", Bad.TrimEnd(' ', ',') + "}", ServiceFixture.Json);
        await Service.RefusesAsync(404, 40401, "POST", "/topics/absent", OneRecord, ServiceFixture.Json);
        await Service.RefusesAsync(422, 422, "POST", "/consumers/absent/instances/i/subscription", "{}");
        await Service.RefusesAsync(404, 40403, "POST", "/consumers/absent/instances/i/subscription", "{\"topics\":[\"orders\"]}");
    }

    [Fact]
    public async Task A_body_one_byte_over_the_limit_is_413_however_it_is_sent()
    {
        var padded = new byte[RequestBytesMax + 1];
        padded.AsSpan().Fill((byte)' ');
        "{}"u8.CopyTo(padded);

        await Service.RefusesAsync(413, 413, "/topics/orders", padded);
        await Service.RefusesAsync(413, 413, "/consumers/shop", padded, ServiceFixture.V2);
        await Service.RefusesAsync(413, 413, TopicsV3, padded, ServiceFixture.Plain);
        await Service.RefusesAsync(413, 413, "/topics/orders", padded, ServiceFixture.Json, ("Transfer-Encoding", "chunked"));

        // At the limit its content is looked at.
        await Service.RefusesAsync(422, 422, "/topics/orders", padded[..^1]);
    }

    [Fact]
    public async Task Compressed_bodies_are_one_whole_gzip_or_refused()
    {
        var good = Gzip(Encoding.UTF8.GetBytes(OneRecord));
        byte[] flipped = [.. good];
        flipped[good.Length / 2] ^= 0xFF;

        await Service.RefusesAsync(400, 400, "/topics/orders", good[..^9], ServiceFixture.Json, ("Content-Encoding", "gzip"));
        await Service.RefusesAsync(400, 400, "/topics/orders", good[..12], ServiceFixture.Json, ("Content-Encoding", "gzip"));
        await Service.RefusesAsync(400, 400, "/topics/orders", flipped, ServiceFixture.Json, ("Content-Encoding", "gzip"));
        await Service.RefusesAsync(400, 400, "/topics/orders", [.. good, 0], ServiceFixture.Json, ("Content-Encoding", "gzip"));
        await Service.RefusesAsync(400, 400, "/topics/orders", Encoding.UTF8.GetBytes(OneRecord), ServiceFixture.Json, ("Content-Encoding", "gzip"));
        await Service.RefusesAsync(400, 400, "/topics/orders", Gzip(good), ServiceFixture.Json, ("Content-Encoding", "gzip"));
        await Service.RefusesAsync(415, 415, "/topics/orders", Gzip(good), ServiceFixture.Json, ("Content-Encoding", "gzip, gzip"));
        foreach (var coding in (string[])["br", "deflate", "zstd", "x", "gzip;q=1"])
        {
            await Service.RefusesAsync(415, 415, "/topics/orders", good, ServiceFixture.Json, ("Content-Encoding", coding));
        }
    }

    [Theory]
    [InlineData("TRACE")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("PROPFIND")]
    [InlineData("OPTIONS")]
    [InlineData("QUERY")]
    [InlineData("get2")]
    public async Task Other_methods_are_405_and_told_which_there_are(string method)
    {
        foreach (var (path, allow) in new[]
        {
            ("/", "GET, HEAD"), ("/topics", "GET, HEAD"), ("/topics/orders", "GET, HEAD, POST"),
            ("/topics/orders/partitions/0", "GET, HEAD, POST"), ($"{BadInputFixture.Subscribed}/records", "GET, HEAD"),
            ($"{BadInputFixture.Subscribed}/offsets", "GET, HEAD, POST"), (BadInputFixture.Subscribed, "DELETE"),
        })
        {
            var answer = await Service.SendAsync(method, path, (string?)null);

            answer.MustRefuse(405, 405);
            Assert.Equal(allow, string.Join(", ", answer.Headers["Allow"]));
        }
    }

    [Theory]
    [InlineData("X-HTTP-Method-Override", "DELETE")]
    [InlineData("X-HTTP-Method", "DELETE")]
    [InlineData("X-Method-Override", "DELETE")]
    [InlineData("X-Original-URL", "/v3/clusters/serverless/topics")]
    [InlineData("X-Rewrite-URL", "/v3/clusters/serverless/topics")]
    public async Task Headers_that_would_make_it_another_request_do_not(string header, string value)
    {
        var answer = await Service.SendAsync("GET", $"{TopicsV3}/orders", (string?)null, headers: (header, value));

        Assert.Equal("KafkaTopic", answer.Must(200).Node["kind"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_body_on_GET_is_read_where_the_contract_says_and_nowhere_else()
    {
        await Service.RefusesAsync(400, 400, "GET", $"{BadInputFixture.Subscribed}/offsets", "{");
        await Service.RefusesAsync(422, 422, "GET", $"{BadInputFixture.Subscribed}/offsets", "{\"offsets\":[]}");
        await Service.RefusesAsync(400, 400, "GET", $"{BadInputFixture.Subscribed}/offsets?partitions=orders:0", "{\"partitions\":[]}");

        (await Service.SendAsync("GET", "/topics", "{")).Must(200);
        (await Service.SendAsync("GET", "/topics/orders", "x", "text/plain")).Must(200);
    }

    [Theory]
    [InlineData("/topics?x=1")]
    [InlineData("/topics/orders?verbose")]
    [InlineData("/topics/orders/partitions/0/records?offset=1&offset=2")]
    [InlineData("/topics/orders/partitions/0/records?offset[]=1")]
    [InlineData("/topics/orders/partitions/0/records?Offset=1")]
    [InlineData("/topics/orders/partitions/0/records?offset=1;timeout=1")]
    [InlineData("/topics/orders/partitions/0/offsets?isolation_level=dirty")]
    [InlineData("/consumers/shop/instances/clerk/records?timeot=1")]
    [InlineData("/consumers/shop/instances/clerk/records?timeout=1&timeout=1")]
    [InlineData("/consumers/shop/instances/clerk/offsets?partitions=orders")]
    [InlineData("/consumers/shop/instances/clerk/offsets?partitions=orders:-1")]
    [InlineData("/consumers/shop/instances/clerk/offsets?partitions=:0")]
    [InlineData("/consumers/shop/instances/clerk/offsets?partitions=orders:0,")]
    [InlineData("/consumers/shop/instances/clerk/offsets?partitions=")]
    [InlineData("/v3/clusters/serverless/topics?page_size=x")]
    [InlineData("/v3/clusters/serverless/topics/orders/partitions/0/offset?offset_type=latest")]
    public async Task A_query_that_is_not_understood_is_400_and_not_passed_over(string path)
    {
        await Service.RefusesAsync(400, 400, "GET", path);
    }

    [Theory]
    [InlineData("?format=xml", ServiceFixture.Plain)]
    [InlineData("?format=", ServiceFixture.Plain)]
    [InlineData("?format=JSON", ServiceFixture.Plain)]
    [InlineData("?format=json", ServiceFixture.Binary)]
    [InlineData("?format=binary", ServiceFixture.Json)]
    [InlineData("?format=json&format=json", ServiceFixture.Plain)]
    [InlineData("?fromat=json", ServiceFixture.Json)]
    public async Task A_format_that_contradicts_or_is_unknown_is_400(string query, string type)
    {
        await Service.RefusesAsync(400, 400, "POST", $"/topics/orders{query}", OneRecord, type);
    }

    [Fact]
    public async Task Headers_that_we_do_not_know_are_no_matter()
    {
        var answer = await Service.SendAsync(
            "GET", "/topics/orders", (string?)null, headers:
            [("If-Match", "\"broken"), ("If-None-Match", "*"), ("Range", "bytes=0-1"), ("Authorization", "Bearer"), ("Expect", "nothing")]);

        Assert.Contains(answer.Status, new[] { 200, 417 });
    }

    [Theory]
    [InlineData("a\\b")]
    [InlineData("../../etc")]
    [InlineData("<script>")]
    [InlineData("id with spaces")]
    public async Task A_correlation_id_that_could_do_harm_is_replaced(string id)
    {
        var answer = await Service.SendAsync("GET", "/topics/absent", (string?)null, headers: ("X-Correlation-Id", id));

        answer.MustRefuse(404, 40401);
        Assert.NotEqual(id, answer.Header("X-Correlation-Id"));
    }

    [Fact]
    public async Task After_all_of_it_good_requests_work()
    {
        await Service.ServesAsync();
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return output.ToArray();
    }
}
