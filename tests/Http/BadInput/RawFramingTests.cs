using System.Net.Sockets;
using System.Text;

namespace Serverless.Http.BadInput;

/// <summary>What no HTTP client would send: written to a socket.</summary>
/// <remarks>
/// Where the server ends a request before any function runs (a line or a header that breaks HTTP's own rules), the reply has the
/// status and no body; on Azure the front end answers these. Where a function runs, it is the contract's error.
/// </remarks>
public sealed class RawFramingTests(RawFramingTests.Fixture service) : IClassFixture<RawFramingTests.Fixture>, IAsyncDisposable
{
    private const string Record = """{"records":[{"value":1}]}""";
    private const string Produce = "POST /topics/orders HTTP/1.1\r\nHost: h\r\nContent-Type: application/vnd.kafka.json.v2+json\r\n";

    public async ValueTask DisposeAsync() => await service.Log.IsUnchangedAsync();

    [Theory]
    [InlineData("Content-Length: -1\r\n", 400)]
    [InlineData("Content-Length: x\r\n", 400)]
    [InlineData("Content-Length: 25, 26\r\n", 400)]
    [InlineData("Content-Length: 25\r\nContent-Length: 26\r\n", 400)]
    [InlineData("Content-Length: 99999999999999999999\r\n", 400)]
    [InlineData("Content-Length : 25\r\n", 400)]
    [InlineData(" folded: 1\r\nContent-Length: 25\r\n", 400)]
    [InlineData("Content-Length: 25\r\nX: a\0b\r\n", 400)]
    [InlineData("Content-Length: 25\r\nno colon\r\n", 400)]
    [InlineData("Transfer-Encoding: gzip\r\n", 400)]
    [InlineData("Transfer-Encoding: gzip, identity\r\n", 400)]
    public async Task A_header_that_breaks_HTTP_is_400_before_any_function(string headers, int status)
    {
        var answer = await RawConnection.ExchangeAsync(service.Log.App.Address, $"{Produce}{headers}\r\n{Record}");

        Assert.Equal(status, answer.Status);
        Assert.Empty(answer.Body);
    }

    [Theory]
    [InlineData("POST /topics/orders HTTP/1.1\r\n\r\n", 400)]
    [InlineData("POST /topics/orders HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400)]
    [InlineData("POST /topics/orders HTTP/1.1\r\nHost: a b\r\n\r\n", 400)]
    [InlineData("POST /topics/orders HTTP/3.0\r\nHost: h\r\n\r\n", 505)]
    [InlineData("POST /topics/orders\r\nHost: h\r\n\r\n", 400)]
    [InlineData("GET http://elsewhere.example/topics HTTP/1.1\r\nHost: h\r\n\r\n", 400)]
    [InlineData("GET topics HTTP/1.1\r\nHost: h\r\n\r\n", 405)]
    [InlineData("GET /topics/a%00b HTTP/1.1\r\nHost: h\r\n\r\n", 400)]
    [InlineData("G@T /topics HTTP/1.1\r\nHost: h\r\n\r\n", 400)]
    [InlineData("\u0016\u0003\u0001\u0002\0\u0001\0\u0001\r\n\r\n", 400)]
    [InlineData("POST /topics/orders HTTP/1.1\r\nHost: h\r\nContent-Type: application/vnd.kafka.json.v2+json\r\n\r\n", 411)]
    public async Task A_request_line_or_host_that_breaks_HTTP_is_refused(string request, int status)
    {
        var answer = await RawConnection.ExchangeAsync(service.Log.App.Address, request);

        if (status == 411)
        {
            // Without length and coding there is no body: that is what is told.
            answer.MustRefuse(422, 422);
            return;
        }

        Assert.Equal(status, answer.Status);
        Assert.Empty(answer.Body);
    }

    [Theory]
    [InlineData("/topics/%zz", 404, 40401)]
    [InlineData("/topics/%", 404, 40401)]
    [InlineData("/topics/%4", 404, 40401)]
    [InlineData("/topics/a\\..\\b", 404, 40401)]
    [InlineData("/topics/orders/../absent", 404, 40401)]
    [InlineData("/topics/orders/%2e%2e/absent", 404, 40401)]
    [InlineData("/../../etc/passwd", 404, 404)]
    [InlineData("/topics/..%2F..%2Fetc", 404, 40401)]
    [InlineData("/topics/%u0061", 404, 40401)]
    [InlineData("/topics/orders;v=1", 404, 40401)]
    [InlineData("//topics", 404, 404)]
    [InlineData("http://h/topics/absent", 404, 40401)]
    public async Task A_path_that_is_spelled_oddly_names_nothing_else(string path, int status, int code)
    {
        var answer = await RawConnection.ExchangeAsync(service.Log.App.Address, $"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n");

        answer.MustRefuse(status, code);
    }

    [Fact]
    public async Task A_foreign_host_is_only_a_name_in_links_and_never_breaks_out_of_them()
    {
        foreach (var host in (string[])["elsewhere.example", "a\"b", "<x>", "h/../x", "[::1]:80"])
        {
            var answer = await RawConnection.ExchangeAsync(
                service.Log.App.Address, $"GET /v3/clusters/serverless HTTP/1.1\r\nHost: h\r\nX-Forwarded-Host: {host}\r\n\r\n");

            var self = answer.Must(200).Node["metadata"]!["self"]!.GetValue<string>();
            Assert.True(Uri.TryCreate(self, UriKind.Absolute, out var url) && url.AbsolutePath == "/v3/clusters/serverless", self);
        }
    }

    [Theory]
    [InlineData(16 * 1024, 0, 0, 414)]
    [InlineData(0, 64 * 1024, 0, 431)]
    [InlineData(0, 0, 200, 431)]
    public async Task Lines_and_headers_beyond_measure_are_refused(int path, int header, int headers, int status)
    {
        var many = string.Concat(Enumerable.Range(0, headers).Select(i => $"X-{i}: 1\r\n"));

        var answer = await RawConnection.ExchangeAsync(
            service.Log.App.Address, $"GET /topics/{new string('a', path)} HTTP/1.1\r\nHost: h\r\nX: {new string('x', header)}\r\n{many}\r\n");

        Assert.Equal(status, answer.Status);
        Assert.Empty(answer.Body);
    }

    [Theory]
    [InlineData("FFFFFFFFFFFFFFFFF\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("x\r\n")]
    [InlineData("80000000\r\n")]
    [InlineData("7FFFFFFFF\r\n")]
    [InlineData("19;\r\n" + Record + "xx\r\n0\r\n\r\n")]
    public async Task A_chunk_with_a_size_that_cannot_be_is_400(string body)
    {
        using var connection = await RawConnection.OpenAsync(service.Log.App.Address);
        await connection.SendAsync($"{Produce}Transfer-Encoding: chunked\r\n\r\n{body}");

        var answer = await connection.ReadAsync();

        answer!.MustRefuse(400, 400);
    }

    [Fact]
    public async Task A_length_beside_chunks_is_no_way_to_smuggle_a_request()
    {
        using var connection = await RawConnection.OpenAsync(service.Log.App.Address);
        const string Smuggled = "DELETE /v3/clusters/serverless/topics/orders HTTP/1.1\r\nHost: h\r\n\r\n";

        await connection.SendAsync($"{Produce}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        await connection.SendAsync(Smuggled);
        var first = await connection.ReadAsync();

        // Chunks win (RFC 9112), so the body is empty. Whoever mixes both is not talked to any more.
        Assert.InRange(first!.Status, 400, 499);
        Assert.Equal("close", first.Header("Connection"), ignoreCase: true);
    }

    [Fact]
    public async Task A_body_that_is_shorter_than_announced_is_408_when_its_time_is_over()
    {
        using var connection = await RawConnection.OpenAsync(service.Log.App.Address);

        await connection.SendAsync($"{Produce}Content-Length: 100\r\n\r\n{Record}");

        (await connection.ReadAsync())!.MustRefuse(408, 408);
    }

    [Fact]
    public async Task A_body_that_is_longer_than_announced_is_cut_and_the_rest_is_no_request()
    {
        using var connection = await RawConnection.OpenAsync(service.Log.App.Address);

        await connection.SendAsync($"{Produce}Content-Length: 10\r\n\r\n{Record}\r\n\r\n");

        (await connection.ReadAsync())!.MustRefuse(400, 400);
        Assert.Equal(400, (await connection.ReadAsync())!.Status);
        Assert.Null(await connection.ReadAsync());
    }

    [Fact]
    public async Task A_body_that_drips_is_408_when_its_time_is_over()
    {
        using var connection = await RawConnection.OpenAsync(service.Log.App.Address);
        await connection.SendAsync($"{Produce}Content-Length: 1000\r\n\r\n");
        var reply = connection.ReadAsync();

        for (var i = 0; !reply.IsCompleted && i < 100; i++)
        {
            await connection.SendAsync(" ");
            await Task.Delay(50);
        }

        (await reply)!.MustRefuse(408, 408);
    }

    [Fact]
    public async Task A_client_that_goes_away_in_the_middle_of_its_body_leaves_nothing()
    {
        for (var cut = 0; cut < Record.Length; cut += 3)
        {
            using var connection = await RawConnection.OpenAsync(service.Log.App.Address);
            await connection.SendAsync($"{Produce}Content-Length: {Record.Length}\r\n\r\n{Record[..cut]}");
            connection.Break();
        }

        for (var cut = 0; cut < 8; cut++)
        {
            using var connection = await RawConnection.OpenAsync(service.Log.App.Address);
            await connection.SendAsync($"{Produce}Transfer-Encoding: chunked\r\n\r\n19\r\n{Record}\r\n0\r\n\r\n"[..^(2 + cut)]);
            connection.Break();
        }

        (await service.Log.GetAsync("/topics")).Must(200);
    }

    [Fact]
    public async Task A_client_that_goes_away_before_its_reply_disturbs_nobody()
    {
        var topic = await service.Log.CreateTopicAsync();
        var value = new string('x', 500_000);
        await service.Log.ProduceAsync(topic, $"{{\"value\":\"{value}\"}}", $"{{\"value\":\"{value}\"}}", $"{{\"value\":\"{value}\"}}");
        for (var i = 0; i < 20; i++)
        {
            using var connection = await RawConnection.OpenAsync(service.Log.App.Address);
            await connection.SendAsync($"GET /topics/{topic}/partitions/0/records?offset=0 HTTP/1.1\r\nHost: h\r\n\r\n");
            await Task.Delay(i);
            connection.Break();
        }

        var read = await service.Log.GetAsync($"/topics/{topic}/partitions/0/records?offset=0");

        Assert.Equal(3, read.Must(200).Node.AsArray().Count);
        await service.Log.ServesAsync();
    }

    [Fact]
    public async Task A_hundred_requests_at_once_on_one_connection_are_answered_in_their_order()
    {
        using var connection = await RawConnection.OpenAsync(service.Log.App.Address);
        var requests = new StringBuilder();
        for (var i = 0; i < 100; i++)
        {
            requests.Append($"GET /topics/{(i % 2 == 0 ? "orders" : "absent")} HTTP/1.1\r\nHost: h\r\nX-Correlation-Id: r{i}\r\n\r\n");
        }

        await connection.SendAsync(requests.ToString());

        for (var i = 0; i < 100; i++)
        {
            var answer = await connection.ReadAsync();
            Assert.Equal(i % 2 == 0 ? 200 : 404, answer!.Status);
            Assert.Equal($"r{i}", answer.Header("X-Correlation-Id"));
        }
    }

    [Fact]
    public async Task A_thousand_idle_connections_keep_nobody_out()
    {
        var idle = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 1_000; i++)
            {
                var client = new TcpClient();
                idle.Add(client);
                await client.ConnectAsync(service.Log.App.Address.Host, service.Log.App.Address.Port);
            }

            (await service.Log.GetAsync("/topics")).Must(200);
        }
        finally
        {
            idle.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task HEAD_has_the_headers_of_GET_and_no_body()
    {
        foreach (var path in (string[])
            ["/", "/topics", "/topics/orders", "/topics/absent", "/nowhere", "/topics/orders/partitions/0/records?offset=0", "/v3/clusters"])
        {
            using var connection = await RawConnection.OpenAsync(service.Log.App.Address);
            await connection.SendAsync($"HEAD {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
            var bytes = await connection.ReadToEndAsync();
            var get = await service.Log.GetAsync(path);

            Assert.StartsWith($"HTTP/1.1 {get.Status} ", bytes, StringComparison.Ordinal);
            Assert.Contains($"Content-Type: {get.ContentType}", bytes, StringComparison.Ordinal);
            Assert.EndsWith("\r\n\r\n", bytes, StringComparison.Ordinal);
        }
    }

    /// <summary>As the other tables' log, with little patience for bodies.</summary>
    public sealed class Fixture(AzuriteFixture azurite) : IAsyncLifetime
    {
        public BadInputFixture Log { get; } = new(azurite) { Changed = new Dictionary<string, string?> { ["Http:BodyTimeoutMs"] = "1500" } };

        public ValueTask InitializeAsync() => Log.InitializeAsync();

        public ValueTask DisposeAsync() => Log.DisposeAsync();
    }
}
