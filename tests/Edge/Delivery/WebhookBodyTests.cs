using System.Text;
using System.Text.Json;
using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Edge.Fakes;
using Xunit;

namespace Serverless.Edge.Delivery;

public sealed class WebhookBodyTests : IDisposable
{
    private readonly HookReceiver _receiver = new();
    private readonly HookWorld _world = new();

    public void Dispose()
    {
        _receiver.Dispose();
        _world.Dispose();
    }

    [Fact]
    public async Task Records_in_JSON_are_what_consumers_get()
    {
        var body = await BodyAsync(
            WebhookBody.Records, RecordFormat.Json, HookWorld.Batch((7, "\"k\""u8.ToArray(), "{\"n\":1.10}"u8.ToArray()), (-1, null, null)));

        Assert.Equal(
            """[{"topic":"orders","key":"k","value":{"n":1.10},"partition":3,"offset":40,"timestamp":7,"headers":[{"key":"h","value":"dg=="}]},"""
                + """{"topic":"orders","key":null,"value":null,"partition":3,"offset":41,"timestamp":-1}]""",
            body);
    }

    [Fact]
    public async Task Records_in_binary_are_what_consumers_get()
    {
        var body = await BodyAsync(WebhookBody.Records, RecordFormat.Binary, HookWorld.Batch((9, [0xFF], "no JSON"u8.ToArray()), (9, [], null)));

        Assert.Equal(
            """[{"topic":"orders","key":"/w==","value":"bm8gSlNPTg==","partition":3,"offset":40,"timestamp":9},"""
                + """{"topic":"orders","key":"","value":null,"partition":3,"offset":41,"timestamp":9}]""",
            body);
    }

    [Fact]
    public async Task A_CloudEvent_has_the_fields_of_its_record()
    {
        var body = await BodyAsync(
            WebhookBody.CloudEvents, RecordFormat.Json, HookWorld.Batch((1_700_000_000_123, "\"k\""u8.ToArray(), "{\"n\":1.10}"u8.ToArray())));

        Assert.Equal(
            """[{"specversion":"1.0","id":"topicid-3-40","source":"/v3/clusters/cluster/topics/orders/partitions/3","type":"kafka.record","time":"20"""
                + """23-11-14T22:13:20.123Z","subject":"\"k\"","partition":3,"offset":"40","datacontenttype":"application/json","data":{"n":1.10}}]""",
            body.Replace("\\u0022", "\\\"", StringComparison.Ordinal));
        Assert.Equal("application/cloudevents-batch+json", Assert.Single(_receiver.Requests).Headers["content-type"]);
    }

    [Fact]
    public async Task A_CloudEvent_has_bytes_as_base64_and_leaves_out_what_there_is_not()
    {
        var events = JsonDocument.Parse(await BodyAsync(
            WebhookBody.CloudEvents, RecordFormat.Binary, HookWorld.Batch((-1, null, [0xFF, 0]), (0, [0xFF], null), (0, [], []))));

        string[] always = ["specversion", "id", "source", "type"];
        Assert.Equal([.. always, "partition", "offset", "data_base64"], Names(events, 0));
        Assert.Equal("/wA=", events.RootElement[0].GetProperty("data_base64").GetString());
        Assert.Equal([.. always, "time", "partition", "offset"], Names(events, 1));
        Assert.Equal([.. always, "time", "partition", "offset", "data_base64"], Names(events, 2));
        Assert.Equal("1970-01-01T00:00:00.000Z", events.RootElement[1].GetProperty("time").GetString());
    }

    [Fact]
    public async Task A_CloudEvent_of_a_null_value_has_no_data()
    {
        var events = JsonDocument.Parse(await BodyAsync(WebhookBody.CloudEvents, RecordFormat.Json, HookWorld.Batch("null", null)));

        Assert.Equal(JsonValueKind.Null, events.RootElement[0].GetProperty("data").ValueKind);
        Assert.DoesNotContain(Names(events, 1), name => name.StartsWith("data", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_key_of_a_CloudEvent_is_a_text_that_need_not_be_JSON()
    {
        var events = JsonDocument.Parse(await BodyAsync(
            WebhookBody.CloudEvents, RecordFormat.Json, HookWorld.Batch((0, "ключ"u8.ToArray(), "1"u8.ToArray()), (0, [0xC0, 0xAF], "2"u8.ToArray()))));

        Assert.Equal("ключ", events.RootElement[0].GetProperty("subject").GetString());
        Assert.False(events.RootElement[1].TryGetProperty("subject", out _));
    }

    [Theory]
    [InlineData(WebhookBody.Records, "{\"a\":")]
    [InlineData(WebhookBody.CloudEvents, "{\"a\":")]
    [InlineData(WebhookBody.Records, "1}]")]
    [InlineData(WebhookBody.CloudEvents, "1,\"data\":2")]
    [InlineData(WebhookBody.CloudEvents, "")]
    [InlineData(WebhookBody.CloudEvents, "canary")]
    public async Task A_value_that_is_not_JSON_fails_with_its_offset_and_nothing_is_sent(WebhookBody body, string value)
    {
        var outcome = await _world.Target(_receiver.Url(), body).SendAsync(HookWorld.Batch("1", value, "2"), TestContext.Current.CancellationToken);

        Assert.Equal(new SendOutcome.Failed("The record at offset 41 is not JSON."), outcome);
        Assert.Equal(0, _receiver.Connections);
    }

    [Fact]
    public async Task So_does_a_key_that_is_not_where_it_is_shown_as_JSON()
    {
        var batch = HookWorld.Batch((0, "text"u8.ToArray(), "1"u8.ToArray()));

        var outcome = await _world.Target(_receiver.Url()).SendAsync(batch, TestContext.Current.CancellationToken);

        Assert.Equal(new SendOutcome.Failed("The record at offset 40 is not JSON."), outcome);
    }

    private async Task<string> BodyAsync(WebhookBody body, RecordFormat format, DeliveryBatch batch)
    {
        var outcome = await _world.Target(_receiver.Url(), body, format).SendAsync(batch, TestContext.Current.CancellationToken);

        Assert.Equal(new SendOutcome.Done().GetType(), outcome.GetType());
        return Encoding.UTF8.GetString(Assert.Single(_receiver.Requests).Body);
    }

    private static IEnumerable<string> Names(JsonDocument events, int index) =>
        events.RootElement[index].EnumerateObject().Select(property => property.Name);
}
