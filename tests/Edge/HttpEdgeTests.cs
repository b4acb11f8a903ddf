using System.IO.Compression;
using System.Text;
using Microsoft.Extensions.Logging;
using Serverless.Core.Storage;
using Serverless.Edge.Fakes;
using Serverless.Functions.Http;
using Xunit;

namespace Serverless.Edge;

/// <summary>What holds for every request: order of checks, bodies, headers of replies, and what is never told.</summary>
public sealed class HttpEdgeTests
{
    private readonly EdgeHost _host = new();

    [Fact]
    public async Task Every_reply_has_the_headers_of_the_edge()
    {
        Answer[] answers =
        [
            await _host.GetAsync("/topics"), await _host.GetAsync("/topics/nope"), await _host.V3Async("GET", "/v3/clusters"),
            await _host.SendAsync("DELETE", "/consumers/g/instances/c", null),
        ];

        Assert.All(answers, answer =>
        {
            Assert.Equal("no-store", answer.Headers.CacheControl);
            Assert.Equal("nosniff", answer.Headers.XContentTypeOptions);
            Assert.Matches("^[0-9a-f]{32}$", answer.Headers[HttpEdge.CorrelationHeader].ToString());
        });
    }

    [Theory]
    [InlineData("order-7", true)]
    [InlineData("a b", false)]
    [InlineData("é", false)]
    [InlineData("x\r\nSet-Cookie: a", false)]
    public async Task A_harmless_correlation_id_is_kept(string id, bool kept)
    {
        var answer = await _host.GetAsync("/topics", (HttpEdge.CorrelationHeader, id));

        Assert.Equal(kept, answer.Headers[HttpEdge.CorrelationHeader] == id);
    }

    [Fact]
    public async Task Failures_are_logged_and_not_told()
    {
        _host.Topics.Fails = new InvalidOperationException("secret connection string");
        var bug = await _host.GetAsync("/topics");
        _host.Topics.Fails = new StorageException("secret account", retriable: true);
        var storage = await _host.V3Async("GET", "/v3/clusters/serverless/topics");

        Assert.Equal((500, 500), bug.Error);
        Assert.Equal((500, 50003), storage.Error);
        Assert.Equal("application/json", storage.ContentType);
        Assert.Equal("1", storage.Headers.RetryAfter);
        Assert.DoesNotContain("secret", bug.Body + storage.Body, StringComparison.Ordinal);
        Assert.Equal(2, _host.Log.Lines.Count(line => line.Level == LogLevel.Error));
        Assert.Contains(bug.Headers[HttpEdge.CorrelationHeader].ToString(), _host.Log.Lines[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checks_come_in_the_contracts_order()
    {
        byte[] tooLarge = new byte[HttpBytes + 1];
        var host = new EdgeHost(new HttpLimits { RequestBytesMax = HttpBytes });
        (string, string) badType = ("Content-Type", "text/plain"), goodType = ("Content-Type", MediaType.Json), image = ("Accept", "image/png");

        Assert.Equal((415, 415), (await host.SendAsync("POST", "/topics/nope", tooLarge, badType, image)).Error);
        Assert.Equal((406, 406), (await host.SendAsync("POST", "/topics/nope", tooLarge, goodType, image)).Error);
        Assert.Equal((413, 413), (await host.SendAsync("POST", "/topics/nope", tooLarge, goodType)).Error);
        Assert.Equal((400, 400), (await host.ProduceAsync("/topics/nope", "{\"records\":[{\"x\":1}]")).Error);
        Assert.Equal((422, 422), (await host.ProduceAsync("/topics/nope", "{\"records\":[{\"x\":1}]}")).Error);
        Assert.Equal((404, 40401), (await host.ProduceAsync("/topics/nope", "{\"records\":[{}]}")).Error);
    }

    [Theory]
    [InlineData("POST", "/topics/t/partitions/x")]
    [InlineData("GET", "/topics/t/partitions/x")]
    [InlineData("GET", "/topics/t/partitions/1.0/offsets?nope=1")]
    [InlineData("GET", "/topics/t/partitions/0x1/records")]
    [InlineData("GET", "/v3/clusters/serverless/topics/t/partitions/x")]
    [InlineData("GET", "/v3/clusters/serverless/topics/t/partitions/x/offset?offset_type=nope")]
    [InlineData("GET", "/v3/clusters/serverless/consumer-groups/g/lags/t/partitions/x")]
    public async Task A_partition_that_is_no_integer_is_no_route_whatever_else_is_wrong(string method, string url)
    {
        _host.Topics.Add("t", 1);

        var answer = await _host.SendAsync(method, url, [], ("Content-Type", "text/plain"), ("Accept", "image/png"));

        Assert.Equal((404, 404), answer.Error);
    }

    [Fact]
    public async Task A_key_in_the_query_is_refused_as_it_would_be_in_every_log()
    {
        var answer = await _host.GetAsync("/topics?code=KEY");

        Assert.Equal((400, 400), answer.Error);
        Assert.Contains("header", answer.Body, StringComparison.Ordinal);
        Assert.Equal((400, 400), (await _host.GetAsync("/topics?Code=KEY")).Error);
    }

    [Fact]
    public async Task An_error_has_a_type_that_is_accepted()
    {
        Assert.Equal(MediaType.V2, (await _host.GetAsync("/topics/nope")).ContentType);
        Assert.Equal("application/json", (await _host.GetAsync("/topics/nope", ("Accept", "application/json"))).ContentType);
        Assert.Equal("application/json", (await _host.GetAsync("/topics/nope", ("Accept", "image/png"))).ContentType);
        Assert.Equal("application/json", (await _host.V3Async("GET", "/v3/clusters/other")).ContentType);
    }

    [Theory]
    [InlineData(0, false, 200)]
    [InlineData(1, false, 413)]
    [InlineData(1, true, 413)]
    public async Task A_body_may_have_exactly_as_many_bytes_as_allowed(int beyond, bool hidesItsLength, int status)
    {
        var host = new EdgeHost(new HttpLimits { RequestBytesMax = HttpBytes });
        host.Topics.Add("t", 1);
        var body = Encoding.UTF8.GetBytes("{\"records\":[{}]}".PadRight(HttpBytes + beyond));

        var answer = await host.SendAsync(
            "POST", "/topics/t", new MemoryStream(body), hidesItsLength ? null : body.Length, ("Content-Type", MediaType.Json));

        Assert.Equal(status, answer.Status);
    }

    [Theory]
    [InlineData("gzip", 0, 200)]
    [InlineData("GZIP", 0, 200)]
    [InlineData("gzip", 1, 400)]
    [InlineData("gzip", 9, 400)]
    [InlineData("gzip", 20, 400)]
    [InlineData("gzip, gzip", 0, 415)]
    [InlineData("br", 0, 415)]
    [InlineData("identity", 0, 400)]
    public async Task A_gzip_body_is_whole_or_refused(string encoding, int missing, int status)
    {
        _host.Topics.Add("t", 1);
        var body = Gzip(Encoding.UTF8.GetBytes("{\"records\":[{\"value\":\"some text, some text\"}]}"));

        var answer = await _host.SendAsync(
            "POST", "/topics/t", body[..^missing], ("Content-Type", MediaType.Json), ("Content-Encoding", encoding));

        Assert.Equal(status, answer.Status);
    }

    [Fact]
    public async Task A_gzip_bomb_is_413()
    {
        _host.Topics.Add("t", 1);
        var bomb = Gzip(new byte[64 * 1024 * 1024]);
        Assert.True(bomb.Length < 100_000);

        var answer = await _host.SendAsync(
            "POST", "/topics/t", bomb, ("Content-Type", MediaType.Json), ("Content-Encoding", "gzip"));

        Assert.Equal((413, 413), answer.Error);
    }

    [Fact]
    public async Task A_body_that_does_not_come_in_time_is_408()
    {
        var sending = _host.SendAsync("POST", "/topics/t", new Silence(), 5, ("Content-Type", MediaType.Json));
        _host.Clock.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal((408, 408), (await sending).Error);
    }

    [Fact]
    public async Task A_client_that_goes_away_is_not_an_error()
    {
        var sending = _host.SendAsync("POST", "/topics/t", new Silence(), 5, ("Content-Type", MediaType.Json));
        await _host.Disconnect.CancelAsync();

        Assert.Equal(499, (await sending).Status);
        Assert.Empty(_host.Log.Lines);
    }

    [Theory]
    [InlineData("/topics?x=1")]
    [InlineData("/topics?topic=a")]
    [InlineData("/topics/t/partitions/0/offsets?isolation_level=a")]
    [InlineData("/topics/t/partitions/0/records")]
    [InlineData("/topics/t/partitions/0/records?offset=1&timestamp=1")]
    [InlineData("/topics/t/partitions/0/records?offset=-1")]
    [InlineData("/topics/t/partitions/0/records?offset=1&offset=2")]
    [InlineData("/v3/clusters/serverless/topics/t/partitions/0/offset?offset_type=earliest")]
    public async Task A_bad_query_is_400(string url)
    {
        _host.Topics.Add("t", 1);

        Assert.Equal((400, 400), (await _host.GetAsync(url)).Error);
    }

    [Fact]
    public async Task HEAD_is_GET_without_the_body()
    {
        _host.Topics.Add("t", 1);

        var get = await _host.GetAsync("/topics/t/");
        var head = await _host.SendAsync("HEAD", "/topics/t/", null);

        Assert.Equal((200, "", get.ContentType), (head.Status, head.Body, head.ContentType));
        Assert.Equal(Encoding.UTF8.GetByteCount(get.Body), head.Headers.ContentLength);
    }

    [Fact]
    public async Task Topics_and_partitions_are_shown()
    {
        var topic = _host.Topics.Add("b", 1, ("retention.ms", "1000"));
        _host.Topics.Add("a", 2);
        _host.Logs.AppendControl(topic, 0);
        _host.Logs.LastStableOffset = 0;
        const string Partition = """{"partition":0,"leader":0,"replicas":[{"broker":0,"leader":true,"in_sync":true}]}""";

        Assert.Equal("""["a","b"]""", (await _host.GetAsync("/topics")).Body);
        Assert.Equal("1000", (await _host.GetAsync("/topics/b")).Json.GetProperty("configs").GetProperty("retention.ms").GetString());
        Assert.Equal("delete", (await _host.GetAsync("/topics/b")).Json.GetProperty("configs").GetProperty("cleanup.policy").GetString());
        Assert.Equal($"[{Partition}]", (await _host.GetAsync("/topics/b/partitions")).Body);
        Assert.Equal(Partition, (await _host.GetAsync("/topics/b/partitions/0")).Body);
        Assert.Equal("""{"beginning_offset":0,"end_offset":1}""", (await _host.GetAsync("/topics/b/partitions/0/offsets")).Body);
        Assert.Equal(
            """{"beginning_offset":0,"end_offset":1,"last_stable_offset":0}""",
            (await _host.GetAsync("/topics/b/partitions/0/offsets?isolation_level=read_committed")).Body);
        Assert.Equal((404, 40402), (await _host.GetAsync("/topics/b/partitions/1")).Error);
        Assert.Equal((404, 40402), (await _host.GetAsync("/topics/b/partitions/-1")).Error);
        Assert.Equal((404, 404), (await _host.GetAsync("/topics/b/partitions/x")).Error);
        Assert.Equal((404, 40401), (await _host.GetAsync("/topics/nope/partitions/0")).Error);
        Assert.Equal("""{"brokers":[0]}""", (await _host.GetAsync("/brokers")).Body);
        Assert.Equal((200, ""), ((await _host.GetAsync("/healthy")).Status, (await _host.GetAsync("/ready")).Body));
    }

    [Fact]
    public async Task A_direct_read_starts_where_it_is_told_and_passes_over_markers()
    {
        var topic = _host.Topics.Add("t", 1);
        await _host.ProduceAsync("/topics/t", """{"records":[{"value":0,"timestamp":10},{"value":1,"timestamp":20}]}""");
        _host.Logs.AppendControl(topic, 0);
        await _host.ProduceAsync("/topics/t", """{"records":[{"value":3,"timestamp":30}]}""");

        Assert.Equal("1,3", await OffsetsAsync("offset=1"));
        Assert.Equal("3", await OffsetsAsync("offset=2"));
        Assert.Equal("1,3", await OffsetsAsync("timestamp=11"));
        Assert.Equal("", await OffsetsAsync("timestamp=31"));
        Assert.Equal("", await OffsetsAsync("offset=4"));
        Assert.Equal("0", await OffsetsAsync("offset=0&max_bytes=1"));
        Assert.Equal("0,1", await OffsetsAsync("offset=0&max_records=2"));
        Assert.Equal((400, 40002), (await _host.GetAsync("/topics/t/partitions/0/records?offset=5")).Error);
        _host.Logs.LastStableOffset = 1;
        Assert.Equal("0", await OffsetsAsync("offset=0&isolation_level=read_committed"));
        Assert.Equal("", await OffsetsAsync("offset=1&isolation_level=read_committed"));
    }

    [Theory]
    [InlineData(nameof(HttpLimits.RequestBytesMax))]
    [InlineData(nameof(HttpLimits.WaitMax))]
    [InlineData(nameof(HttpLimits.ClusterId))]
    public void Limits_that_cannot_work_are_named(string name)
    {
        var limits = name switch
        {
            nameof(HttpLimits.RequestBytesMax) => new HttpLimits { RequestBytesMax = 0 },
            nameof(HttpLimits.WaitMax) => new HttpLimits { WaitMax = TimeSpan.FromMinutes(5) },
            _ => new HttpLimits { ClusterId = "a/b" },
        };

        Assert.Equal(name, Assert.Throws<ArgumentException>(limits.Validated).ParamName);
    }

    private const int HttpBytes = 2048;

    private async Task<string> OffsetsAsync(string query)
    {
        var answer = await _host.GetAsync($"/topics/t/partitions/0/records?{query}");
        return string.Join(',', answer.Json.EnumerateArray().Select(record => record.GetProperty("offset").GetInt64()));
    }

    private static byte[] Gzip(byte[] content)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
        {
            gzip.Write(content);
        }

        return compressed.ToArray();
    }

    /// <summary>A connection on which nothing comes.</summary>
    private sealed class Silence : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return 0;
        }
    }
}
