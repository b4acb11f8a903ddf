using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Serverless.Core.Telemetry;
using Serverless.Edge.Fakes;
using Xunit;

namespace Serverless.Edge.Telemetry;

/// <summary>The way of a trace from the request that produced a record to the request that reads it.</summary>
public sealed class RecordTraceTests : IDisposable
{
    private const string Others = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private readonly Traced _traced = new();
    private readonly Measured _measured = new();
    private readonly KeyedWorld _world = new();

    public void Dispose()
    {
        _traced.Dispose();
        _measured.Dispose();
    }

    [Fact]
    public async Task A_record_carries_the_span_that_sent_it_and_whoever_reads_it_links_to_that()
    {
        var process = await StartAsync(watch: new LogMetrics(_measured));

        await ProduceAsync(process, """{"records":[{"value":1},{"value":2}]}""");
        var send = _traced.Span("send t");
        var read = await ReadAsync(process);

        var sent = $"00-{_traced.Id}-{send.SpanId}-01";
        Assert.Equal([[("traceparent", sent)], [("traceparent", sent)]], Headers(read));
        var request = _traced.Span("POST /topics/{topic}");
        Assert.Equal((ActivityKind.Server, _traced.Root.SpanId), (request.Kind, request.ParentSpanId));
        Assert.Equal((ActivityKind.Producer, request.SpanId), (send.Kind, send.ParentSpanId));
        Assert.Equal(
            "messaging.batch.message_count=2 messaging.destination.name=t messaging.operation.name=send messaging.operation.type=send"
                + " messaging.system=kafka",
            Traced.Tags(send));
        Assert.Equal(send.SpanId, _traced.Span("append").ParentSpanId);

        var fetch = _traced.Span("fetch t");
        var link = Assert.Single(fetch.Links);
        Assert.Equal((_traced.Id, send.SpanId, true), (link.Context.TraceId, link.Context.SpanId, link.Context.IsRemote));
        Assert.Equal(_traced.Span("GET /topics/{topic}/partitions/{partition}/records").SpanId, fetch.ParentSpanId);
        Assert.Equal(2, _measured.Sum(
            "messaging.client.sent.messages", "messaging.destination.name=t messaging.operation.name=send messaging.system=kafka"));
        Assert.Equal(2, _measured.Sum(
            "messaging.client.consumed.messages", "messaging.destination.name=t messaging.operation.name=fetch messaging.system=kafka"));
    }

    [Fact]
    public async Task The_state_of_the_trace_goes_along()
    {
        var process = await StartAsync();

        await ProduceAsync(process, """{"records":[{"value":1}]}""", state: "vendor=1");

        Assert.Equal(("tracestate", "vendor=1"), Headers(await ReadAsync(process))[0][1]);
    }

    [Fact]
    public async Task What_a_record_brings_is_left_as_it_is_and_the_sender_links_to_it()
    {
        var process = await StartAsync();

        await ProduceAsync(process, $$"""{"records":[{"value":1,"headers":[{"key":"traceparent","value":"{{Base64(Others)}}"}]},{"value":2}]}""");

        var send = _traced.Span("send t");
        Assert.Equal(
            [[("traceparent", Others)], [("traceparent", $"00-{_traced.Id}-{send.SpanId}-01")]], Headers(await ReadAsync(process)));
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", Assert.Single(send.Links).Context.TraceId.ToHexString());
    }

    [Fact]
    public async Task Without_a_sampled_trace_and_with_the_setting_off_records_are_as_they_were_sent()
    {
        var process = await StartAsync();
        await process.ProduceAsync(null, """{"records":[{"value":1}]}""");
        var off = _world.Start(telemetry: new TelemetryOptions { CarryTraceInRecords = false });

        await ProduceAsync(off, """{"records":[{"value":2}]}""");

        Assert.Equal([[], []], Headers(await ReadAsync(off)));
        Assert.NotNull(_traced.Span("send t"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00-")]
    [InlineData("00-00000000000000000000000000000000-0000000000000000-01")]
    [InlineData("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319\u00e9-b7ad6b7169203331-01")]
    public async Task No_trace_that_cannot_be_read_fails_a_request(string parent)
    {
        var process = await StartAsync();

        var asRequest = await process.Host.SendAsync(
            "POST", "/topics/t", Encoding.UTF8.GetBytes("""{"records":[{"value":1}]}"""),
            ("Content-Type", "application/vnd.kafka.json.v2+json"), ("traceparent", parent), ("tracestate", "\u00e9,=,"));
        await ProduceAsync(process, $$"""{"records":[{"value":1,"headers":[{"key":"traceparent","value":"{{Base64(parent)}}"},{"key":"tracestate","value":null}]}]}""");

        Assert.Equal(200, asRequest.Status);
        await ReadAsync(process);
        Assert.Empty(_traced.Span("fetch t").Links);
    }

    [Theory]
    [InlineData("a=\u007f")]
    [InlineData("a=\t")]
    [InlineData("a=\u00e9")]
    public async Task A_state_that_no_header_may_hold_is_left_behind(string state)
    {
        var process = await StartAsync();

        Assert.Equal(200, (await ProduceAsync(process, """{"records":[{"value":1}]}""", state: state)).Status);

        // The span of the block is what requests to storage go out in.
        Assert.Null(_traced.Span("append").TraceStateString);
    }

    [Fact]
    public async Task A_read_has_128_links_at_most_and_one_for_records_of_one_span()
    {
        var process = await StartAsync();
        var records = Enumerable.Range(1, 200).Select(n =>
            $$"""{"value":{{n}},"headers":[{"key":"traceparent","value":"{{Base64($"00-0af7651916cd43dd8448eb211c80319c-{n:x16}-01")}}"}]}""");
        await ProduceAsync(process, $$"""{"records":[{{string.Join(',', records)}}]}""");

        await ReadAsync(process);

        Assert.Equal(128, _traced.Span("send t").Links.Count());
        Assert.Equal(128, _traced.Span("fetch t").Links.Count());
    }

    [Fact]
    public async Task A_retry_of_an_idempotent_producer_in_another_trace_is_a_repetition()
    {
        var process = await StartAsync();
        var made = await process.PostAsync("/producers", "{}", null);
        var body = $$$"""{"records":[{"value":1,"headers":[{"key":"h","value":"YQ=="}]}],"producer":{"id":{{{made.Json.GetProperty("producer_id")}}},"epoch":0,"base_sequence":0}}""";
        var first = await ProduceAsync(process, body, path: "/topics/t/partitions/0");
        using var other = new Traced();

        var traced = await ProduceAsync(process, body, other, "/topics/t/partitions/0");
        var plain = await process.ProduceAsync(null, body, "/topics/t/partitions/0");
        var different = await process.ProduceAsync(null, body.Replace("YQ==", "Yg==", StringComparison.Ordinal), "/topics/t/partitions/0");

        Assert.Equal((200, first.Body), (traced.Status, traced.Body));
        Assert.Equal((200, first.Body), (plain.Status, plain.Body));
        Assert.Equal((409, 40952), different.Error);
        Assert.Single(Headers(await ReadAsync(process)));
    }

    [Fact]
    public async Task A_retry_under_a_key_in_another_trace_is_answered_alike_and_stores_nothing()
    {
        var process = await StartAsync(watch: new LogMetrics(_measured));
        var first = await ProduceAsync(process, """{"records":[{"value":1}]}""", key: "k");
        using var other = new Traced();

        var again = await ProduceAsync(_world.Start(watch: new LogMetrics(_measured)), """{"records":[{"value":1}]}""", other, key: "k");

        Assert.Equal((200, first.Body), (again.Status, again.Body));
        Assert.Single(Headers(await ReadAsync(process)));
        Assert.Equal(1, _measured.Sum("serverless.idempotency.replays"));
    }

    [Fact]
    public async Task No_record_is_too_large_for_its_trace()
    {
        var process = await StartAsync();

        // The largest that max.message.bytes lets through, and as many as a block just takes.
        var value = new string('x', 1_048_588 - 40);
        while ((await process.ProduceAsync(null, Record(value))).Status == 200)
        {
            value += "x";
        }

        value = value[..^1];

        Assert.Equal(200, (await ProduceAsync(process, Record(value))).Status);
        var read = await process.Host.GetAsync("/topics/t/partitions/0/records?offset=0&timeout=0", ("Accept", "application/vnd.kafka.json.v2+json"));
        Assert.Empty(Headers(read).Last());

        static string Record(string value) => $$"""{"records":[{"value":"{{value}}"}]}""";
    }

    [Fact]
    public async Task Nor_are_so_many_records_that_their_traces_do_not_fit_in_a_block()
    {
        var process = await StartAsync();
        var record = $$"""{"value":"{{new string('x', 360)}}"}""";
        var body = $$"""{"records":[{{string.Join(',', Enumerable.Repeat(record, 10_000))}}]}""";

        Assert.Equal(200, (await ProduceAsync(process, body)).Status);

        Assert.All(Headers(await ReadAsync(process)), headers => Assert.Empty(headers));
        Assert.Null(_traced.Span("send t").GetTagItem("error.type"));
    }

    private async Task<KeyedWorld.Process> StartAsync(LogMetrics? watch = null)
    {
        var process = _world.Start(watch: watch);
        await process.CreateTopicAsync("t", 1);
        return process;
    }

    private Task<Answer> ProduceAsync(
        KeyedWorld.Process process, string body, Traced? within = null, string path = "/topics/t", string? state = null, string? key = null)
    {
        List<(string, string)> headers =
            [("Content-Type", "application/vnd.kafka.json.v2+json"), ("traceparent", (within ?? _traced).Parent)];
        headers.AddRange(state is null ? [] : [("tracestate", state)]);
        headers.AddRange(key is null ? [] : [("Idempotency-Key", key)]);
        return process.Host.SendAsync("POST", path, Encoding.UTF8.GetBytes(body), [.. headers]);
    }

    private async Task<Answer> ReadAsync(KeyedWorld.Process process)
    {
        var read = await process.Host.GetAsync(
            "/topics/t/partitions/0/records?offset=0&timeout=0", ("Accept", "application/vnd.kafka.json.v2+json"), ("traceparent", _traced.Parent));
        Assert.Equal(200, read.Status);
        return read;
    }

    private static List<List<(string, string)>> Headers(Answer read) => [.. read.Json.EnumerateArray().Select(record =>
        record.TryGetProperty("headers", out var headers)
            ? headers.EnumerateArray().Select(header => (header.GetProperty("key").GetString()!, Text(header.GetProperty("value")))).ToList()
            : [])];

    private static string Text(JsonElement value) => Encoding.UTF8.GetString(value.GetBytesFromBase64());

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
