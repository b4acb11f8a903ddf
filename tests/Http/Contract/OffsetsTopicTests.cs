using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Serverless.Core.Groups.View;
using Serverless.Http.Shows;

namespace Serverless.Http.Contract;

/// <summary><c>__consumer_offsets</c>, as Kafka's users read it.</summary>
public sealed class OffsetsTopicTests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    [Fact]
    public async Task A_commit_is_read_directly_and_by_a_consumer()
    {
        var (topic, group) = (await service.CreateTopicAsync(), service.NewName("group"));
        await service.ProduceAsync(topic, "{\"value\":1}", "{\"value\":2}");
        var consumer = await service.CreateConsumerAsync(group);
        (await service.PostAsync($"{consumer}/offsets", $$"""{"offsets":[{"topic":"{{topic}}","partition":0,"offset":0,"metadata":"m"}]}""")).Must(200);
        var watch = await service.SubscribeAsync(OffsetsTopic.Name, null, "\"format\":\"binary\",\"auto.offset.reset\":\"earliest\"");

        var polled = new List<JsonNode>();
        await Eventually.SeesAsync(
            async () =>
            {
                polled.AddRange((await service.PollAsync(watch, "?timeout=5000"))!);
                return polled;
            },
            seen => seen.Any(one => GroupOf(one) == group),
            seen => $"{seen.Count} commits, none of {group}");
        var partition = OffsetsTopic.PartitionOf(group);
        var read = (await service.GetAsync($"/topics/{OffsetsTopic.Name}/partitions/{partition}/records?offset=0&timeout=1", ServiceFixture.Binary))
            .Must(200).Node.AsArray();

        var record = Assert.Single(polled, one => GroupOf(one) == group);
        Assert.Equal(partition, record["partition"]!.GetValue<int>());
        Assert.Equal(1, BinaryPrimitives.ReadInt64BigEndian(Convert.FromBase64String(record["value"]!.GetValue<string>()).AsSpan(2)));
        Assert.Equal(record.ToJsonString(), Assert.Single(read, one => GroupOf(one!) == group)!.ToJsonString());
        var end = (await service.GetAsync($"/topics/{OffsetsTopic.Name}/partitions/{partition}/offsets")).Must(200).Node;
        Assert.True(end["end_offset"]!.GetValue<long>() > record["offset"]!.GetValue<long>());
    }

    [Fact]
    public async Task It_is_changed_by_nobody_and_listed_to_nobody()
    {
        const string V3 = $"/v3/clusters/serverless/topics/{OffsetsTopic.Name}";

        Assert.Equal(422, (await service.PostAsync($"/topics/{OffsetsTopic.Name}", """{"records":[{"value":1}]}""", ServiceFixture.Json)).Must(422).ErrorCode);
        Assert.Equal(40002, (await service.PostAsync($"{V3}/records", """{"value":{"type":"JSON","data":1}}""", ServiceFixture.Plain)).Must(400).ErrorCode);
        Assert.Equal(40002, (await service.DeleteAsync(V3)).Must(400).ErrorCode);
        Assert.Equal(40002, (await service.SendAsync("PATCH", V3, """{"partitions_count":60}""", ServiceFixture.Plain)).Must(400).ErrorCode);
        Assert.Equal(40002, (await service.SendAsync("PUT", $"{V3}/configs/retention.ms", """{"value":"1"}""", ServiceFixture.Plain)).Must(400).ErrorCode);
        Assert.Equal(40002, (await service.PostAsync(
            "/v3/clusters/serverless/topics", $$"""{"topic_name":"{{OffsetsTopic.Name}}"}""", ServiceFixture.Plain)).Must(400).ErrorCode);
        Assert.DoesNotContain(OffsetsTopic.Name, (await service.GetAsync("/topics")).Must(200).Text, StringComparison.Ordinal);
        Assert.True((await service.GetAsync(V3)).Must(200).Node["is_internal"]!.GetValue<bool>());
    }

    private static string GroupOf(JsonNode record)
    {
        var key = Convert.FromBase64String(record["key"]!.GetValue<string>());
        return Encoding.UTF8.GetString(key, 4, BinaryPrimitives.ReadInt16BigEndian(key.AsSpan(2)));
    }
}
