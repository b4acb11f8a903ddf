using Serverless.Core;
using Serverless.Core.Groups.View;
using Serverless.Core.Log;
using Serverless.Edge.Fakes;
using Xunit;

namespace Serverless.Edge;

/// <summary><c>__consumer_offsets</c> as clients meet it.</summary>
public sealed class OffsetsTopicTests
{
    private const string V3 = "/v3/clusters/serverless/topics";

    private readonly EdgeHost _host = new();

    public OffsetsTopicTests()
    {
        _host.Topics.Add("t", 1);
        _host.Topics.Put(OffsetsTopic.Topic);
        _host.Logs.OnAppend = (topic, _) => topic.IsInternal ? new AppendAnswer(ErrorCode.InvalidTopic, -1) : null;
    }

    [Fact]
    public async Task It_is_shown_to_who_asks_for_it_and_listed_to_nobody()
    {
        var topic = await _host.GetAsync("/topics/__consumer_offsets");
        var v3 = await _host.V3Async("GET", $"{V3}/__consumer_offsets");

        Assert.Equal(("compact", 50), (topic.Json.GetProperty("configs").GetProperty("cleanup.policy").GetString(), topic.Json.GetProperty("partitions").GetArrayLength()));
        Assert.True(v3.Json.GetProperty("is_internal").GetBoolean());
        Assert.Equal("""["t"]""", (await _host.GetAsync("/topics")).Body);
        Assert.Equal(1, (await _host.V3Async("GET", V3)).Json.GetProperty("data").GetArrayLength());
        Assert.Equal(200, (await _host.GetAsync("/topics/__consumer_offsets/partitions/49/offsets")).Status);
        Assert.Equal((404, 40402), (await _host.GetAsync("/topics/__consumer_offsets/partitions/50")).Error);
    }

    [Theory]
    [InlineData("/topics/__consumer_offsets")]
    [InlineData("/topics/__consumer_offsets/partitions/0")]
    [InlineData("/transactions/t1/instances/1-0/topics/__consumer_offsets")]
    [InlineData("/transactions/t1/instances/1-0/topics/__consumer_offsets/partitions/0")]
    public async Task It_takes_no_records(string path)
    {
        var answer = await _host.ProduceAsync(path, """{"records":[{"value":1}]}""");

        Assert.Equal((422, 422), answer.Error);
        Assert.Contains("only be read", answer.Json.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(_host.Transactions.Calls);
    }

    [Fact]
    public async Task It_takes_no_records_of_v3()
    {
        var answer = await _host.V3Async("POST", $"{V3}/__consumer_offsets/records", """{"value":{"type":"JSON","data":1}}""");

        Assert.Equal((400, 40002), answer.Error);
    }
}
