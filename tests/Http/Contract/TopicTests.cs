using System.Text.Json.Nodes;

namespace Serverless.Http.Contract;

/// <summary>v2: root, brokers, topics, partitions, offsets (sections 2.1 to 2.3 of the HTTP contract).</summary>
public sealed class TopicTests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    private const string Partition = """{"partition":0,"leader":0,"replicas":[{"broker":0,"leader":true,"in_sync":true}]}""";

    [Theory]
    [InlineData("/", "{}")]
    [InlineData("/brokers", """{"brokers":[0]}""")]
    public async Task Root_and_brokers_are_as_a_cluster_of_one(string path, string body)
    {
        var answer = await service.GetAsync(path);

        Assert.Equal(body, answer.Must(200).Text);
        Assert.Equal(ServiceFixture.V2, answer.ContentType);
    }

    [Theory]
    [InlineData("/healthy")]
    [InlineData("/ready")]
    public async Task Health_is_200_and_empty(string path)
    {
        Assert.Empty((await service.GetAsync(path)).Must(200).Body);
    }

    [Fact]
    public async Task Topics_are_listed_by_name()
    {
        var names = new[] { "zeta", "Alpha", "alpha", "beta.1" };
        foreach (var name in names)
        {
            await service.CreateTopicAsync(1, name);
        }

        var listed = (await service.GetAsync("/topics")).Must(200).Node.AsArray().Select(name => name!.GetValue<string>()).ToList();

        Assert.Equal(listed.Order(StringComparer.Ordinal), listed);
        Assert.All(names, name => Assert.Contains(name, listed));
    }

    [Fact]
    public async Task A_topic_shows_every_setting_in_force_as_a_string_and_its_partitions()
    {
        var topic = await service.CreateTopicAsync(2, null, "retention.ms=1234");

        var answer = (await service.GetAsync($"/topics/{topic}")).Must(200);

        Assert.Equal(["name", "configs", "partitions"], answer.Node.AsObject().Select(field => field.Key));
        Assert.Equal("1234", answer.Node["configs"]!["retention.ms"]!.GetValue<string>());
        Assert.Equal("delete", answer.Node["configs"]!["cleanup.policy"]!.GetValue<string>());
        Assert.Equal("1048588", answer.Node["configs"]!["max.message.bytes"]!.GetValue<string>());
        Assert.All(answer.Node["configs"]!.AsObject(), config => Assert.Equal(System.Text.Json.JsonValueKind.String, config.Value!.GetValueKind()));
        Assert.Equal(2, answer.Node["partitions"]!.AsArray().Count);
        Assert.Equal(Partition, answer.Node["partitions"]![0]!.ToJsonString());
    }

    [Fact]
    public async Task Partitions_are_listed_by_id_and_found_one_by_one()
    {
        var topic = await service.CreateTopicAsync(12);

        var all = (await service.GetAsync($"/topics/{topic}/partitions")).Must(200).Node.AsArray();
        var one = (await service.GetAsync($"/topics/{topic}/partitions/11")).Must(200).Node;

        Assert.Equal(Enumerable.Range(0, 12), all.Select(partition => partition!["partition"]!.GetValue<int>()));
        Assert.True(JsonNode.DeepEquals(all[11], one));
    }

    [Fact]
    public async Task Offsets_are_the_first_and_the_next()
    {
        var topic = await service.CreateTopicAsync();
        var empty = await service.GetAsync($"/topics/{topic}/partitions/0/offsets");
        await service.ProduceAsync(topic, "{\"value\":1}", "{\"value\":2}");

        var two = await service.GetAsync($"/topics/{topic}/partitions/0/offsets");
        var committed = await service.GetAsync($"/topics/{topic}/partitions/0/offsets?isolation_level=read_committed");

        Assert.Equal("""{"beginning_offset":0,"end_offset":0}""", empty.Must(200).Text);
        Assert.Equal("""{"beginning_offset":0,"end_offset":2}""", two.Must(200).Text);
        Assert.Equal("""{"beginning_offset":0,"end_offset":2,"last_stable_offset":2}""", committed.Must(200).Text);
    }
}
