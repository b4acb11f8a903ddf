using System.Text.Json;
using System.Text.Json.Nodes;

namespace Serverless.Http.Contract;

/// <summary>v3: clusters, topics, settings, groups and records (section 3 of the HTTP contract).</summary>
public sealed class V3Tests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    private const string Cluster = "/v3/clusters/serverless";

    private string Base => $"{service.App.Address.GetLeftPart(UriPartial.Authority)}{Cluster}";

    [Fact]
    public async Task There_is_exactly_one_cluster()
    {
        var list = await GetAsync("/v3/clusters", "KafkaClusterList");
        var one = await GetAsync(Cluster, "KafkaCluster");

        Assert.True(JsonNode.DeepEquals(Assert.Single(list["data"]!.AsArray()), one));
        Assert.Equal($$"""{"self":"{{Base[..^11]}}","next":null}""", list["metadata"]!.ToJsonString());
        Assert.Equal($$"""{"self":"{{Base}}","resource_name":"crn:///kafka=serverless"}""", one["metadata"]!.ToJsonString());
        Assert.Equal(
            ["kind", "metadata", "cluster_id", "controller", "acls", "brokers", "broker_configs", "consumer_groups", "topics", "partition_reassignments"],
            one.AsObject().Select(field => field.Key));
        Assert.Equal($"{Base}/topics", one["topics"]!["related"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_topic_is_made_shown_grown_and_deleted()
    {
        var topic = service.NewName("made");
        var body = $$"""{"topic_name":"{{topic}}","partitions_count":3,"replication_factor":1,"configs":[{"name":"retention.ms","value":"1000"}]}""";

        var created = await service.PostAsync($"{Cluster}/topics", body, ServiceFixture.Plain);
        var shown = await GetAsync($"{Cluster}/topics/{topic}", "KafkaTopic");
        var again = await service.PostAsync($"{Cluster}/topics", body, ServiceFixture.Plain);
        var grown = await service.SendAsync("PATCH", $"{Cluster}/topics/{topic}", """{"partitions_count":6}""", ServiceFixture.Plain);
        var partitions = await GetAsync($"{Cluster}/topics/{topic}/partitions", "KafkaPartitionList");

        Assert.Equal($"{Base}/topics/{topic}", created.Must(201).Header("Location"));
        Assert.True(JsonNode.DeepEquals(shown, created.Node));
        Assert.Equal(
            $$"""
            {"kind":"KafkaTopic","metadata":{"self":"{{Base}}/topics/{{topic}}","resource_name":"crn:///kafka=serverless/topic={{topic}}"},"cluster_id":"serverless","topic_name":"{{topic}}","is_internal":false,"replication_factor":1,"partitions_count":3,"partitions":{"related":"{{Base}}/topics/{{topic}}/partitions"},"configs":{"related":"{{Base}}/topics/{{topic}}/configs"},"partition_reassignments":{"related":"{{Base}}/topics/{{topic}}/partitions/-/reassignment"},"authorized_operations":[]}
            """, shown.ToJsonString());
        Assert.Equal((400, 40002), (again.Status, again.ErrorCode));
        Assert.Equal(6, grown.Must(200).Node["partitions_count"]!.GetValue<int>());
        Assert.Equal(6, partitions["data"]!.AsArray().Count);

        (await service.DeleteAsync($"{Cluster}/topics/{topic}")).Must(204);
        Assert.Equal(40401, (await service.GetAsync($"{Cluster}/topics/{topic}")).Must(404).ErrorCode);
        var anew = await service.PostAsync($"{Cluster}/topics", body, ServiceFixture.Plain);
        Assert.True(anew.Status == 201 || anew.ErrorCode == 40002, anew.Text);
    }

    [Fact]
    public async Task A_topic_that_is_only_validated_is_not_made()
    {
        var body = """{"topic_name":"only.validated","validate_only":true}""";

        var answer = await service.PostAsync($"{Cluster}/topics", body, ServiceFixture.Plain);

        Assert.Equal(1, answer.Must(200).Node["partitions_count"]!.GetValue<int>());
        Assert.Equal(40401, (await service.GetAsync($"{Cluster}/topics/only.validated")).Must(404).ErrorCode);
    }

    [Fact]
    public async Task Topics_are_listed_by_name()
    {
        await service.CreateTopicAsync(1, "v3.b");
        await service.CreateTopicAsync(1, "v3.a");

        var names = (await GetAsync($"{Cluster}/topics", "KafkaTopicList"))["data"]!.AsArray().Select(topic => topic!["topic_name"]!.GetValue<string>()).ToList();

        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.Contains("v3.a", names);
    }

    [Fact]
    public async Task Partitions_and_their_offsets_are_shown()
    {
        var topic = await service.CreateTopicAsync(2);
        await service.ProduceAsync(topic, ["{\"value\":1}", "{\"value\":2}"], 1);

        var partition = await GetAsync($"{Cluster}/topics/{topic}/partitions/1", "KafkaPartition");
        var offsets = await GetAsync($"{Cluster}/topics/{topic}/partitions/1/offset?offset_type=earliest_and_latest", "KafkaPartitionWithOffsets");

        Assert.Equal(1, partition["partition_id"]!.GetValue<int>());
        Assert.Equal($"{Base}/topics/{topic}/partitions/1/replicas/0", partition["leader"]!["related"]!.GetValue<string>());
        Assert.All(["replicas", "reassignment"], field => Assert.NotNull(partition[field]!["related"]));
        Assert.Equal((0, 2), (offsets["earliest_offset"]!.GetValue<int>(), offsets["latest_offset"]!.GetValue<int>()));
    }

    [Fact]
    public async Task Settings_are_shown_set_altered_and_reset()
    {
        var topic = await service.CreateTopicAsync();
        var path = $"{Cluster}/topics/{topic}/configs";

        (await service.SendAsync("PUT", $"{path}/retention.ms", """{"value":"1000"}""", ServiceFixture.Plain)).Must(204);
        var set = await GetAsync($"{path}/retention.ms", "KafkaTopicConfig");
        (await service.PostAsync($"{path}:alter", """{"data":[{"name":"retention.ms","operation":"DELETE"},{"name":"segment.ms","value":"5000"}],"validate_only":true}""", ServiceFixture.Plain)).Must(204);
        var validated = await GetAsync($"{path}/retention.ms", "KafkaTopicConfig");
        (await service.PostAsync($"{path}:alter", """{"data":[{"name":"retention.ms","operation":"DELETE"},{"name":"segment.ms","value":"5000"}]}""", ServiceFixture.Plain)).Must(204);
        var altered = await GetAsync(path, "KafkaTopicConfigList");
        (await service.DeleteAsync($"{path}/segment.ms")).Must(204);
        var reset = await GetAsync($"{path}/segment.ms", "KafkaTopicConfig");

        Assert.Equal(("1000", false, "DYNAMIC_TOPIC_CONFIG"), Shown(set));
        Assert.Equal(("1000", false, "DYNAMIC_TOPIC_CONFIG"), Shown(validated));
        var byName = altered["data"]!.AsArray().ToDictionary(config => config!["name"]!.GetValue<string>(), config => Shown(config!));
        Assert.Equal(("604800000", true, "DEFAULT_CONFIG"), byName["retention.ms"]);
        Assert.Equal(("5000", false, "DYNAMIC_TOPIC_CONFIG"), byName["segment.ms"]);
        Assert.True(Shown(reset).IsDefault);
        Assert.Equal(
            ["kind", "metadata", "cluster_id", "topic_name", "name", "value", "is_default", "is_read_only", "is_sensitive", "source", "synonyms"],
            set.AsObject().Select(field => field.Key));
    }

    [Fact]
    public async Task A_group_its_consumers_and_their_assignments_are_shown()
    {
        var (topic, group) = (await service.CreateTopicAsync(2), service.NewName("shown "));
        var encoded = Uri.EscapeDataString(group);
        await service.SubscribeAsync(topic, encoded, "\"name\":\"c1\",\"group.instance.id\":\"static\",\"partition.assignment.strategy\":\"range\"");
        var path = $"{Cluster}/consumer-groups/{encoded}";

        var list = await GetAsync($"{Cluster}/consumer-groups", "KafkaConsumerGroupList");
        var one = await GetAsync(path, "KafkaConsumerGroup");
        var consumers = await GetAsync($"{path}/consumers", "KafkaConsumerList");
        var consumer = await GetAsync($"{path}/consumers/c1", "KafkaConsumer");
        var assignments = await GetAsync($"{path}/consumers/c1/assignments", "KafkaConsumerAssignmentList");

        Assert.Contains(list["data"]!.AsArray(), shown => JsonNode.DeepEquals(shown, one));
        Assert.Equal((group, "STABLE", "range", false),
            (one["consumer_group_id"]!.GetValue<string>(), one["state"]!.GetValue<string>(), one["partition_assignor"]!.GetValue<string>(), one["is_simple"]!.GetValue<bool>()));
        Assert.All(["coordinator", "consumers", "lag_summary"], field => Assert.NotNull(one[field]!["related"]));
        Assert.True(JsonNode.DeepEquals(Assert.Single(consumers["data"]!.AsArray()), consumer));
        Assert.Equal(("c1", "static", "c1"), (consumer["consumer_id"]!.GetValue<string>(), consumer["instance_id"]!.GetValue<string>(), consumer["client_id"]!.GetValue<string>()));
        Assert.Equal([0, 1], assignments["data"]!.AsArray().Select(at => at!["partition_id"]!.GetValue<int>()));
        Assert.All(assignments["data"]!.AsArray(), at => Assert.Equal(topic, at!["topic_name"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Lag_is_shown_of_what_was_committed_and_summed_up()
    {
        var (topic, group) = (await service.CreateTopicAsync(3), service.NewName("lagging"));
        await service.ProduceAsync(topic, Enumerable.Range(0, 12).Select(i => $"{{\"value\":{i},\"partition\":{i % 3}}}"));
        var consumer = await service.SubscribeAsync(topic, group, "\"name\":\"c1\",\"auto.commit.enable\":false");
        (await service.PostAsync(
            $"{consumer}/offsets",
            $$"""{"offsets":[{"topic":"{{topic}}","partition":0,"next_offset":4},{"topic":"{{topic}}","partition":2,"next_offset":1}]}""")).Must(200);
        var path = $"{Cluster}/consumer-groups/{group}";

        var lags = await GetAsync($"{path}/lags", "KafkaConsumerLagList");
        var lag = await GetAsync($"{path}/lags/{topic}/partitions/2", "KafkaConsumerLag");
        var summary = await GetAsync($"{path}/lag-summary", "KafkaConsumerGroupLagSummary");

        Assert.Equal([0, 2], lags["data"]!.AsArray().Select(at => at!["partition_id"]!.GetValue<int>()));
        Assert.True(JsonNode.DeepEquals(lags["data"]![1], lag));
        Assert.Equal((1, 4, 3, "c1"), (lag["current_offset"]!.GetValue<int>(), lag["log_end_offset"]!.GetValue<int>(), lag["lag"]!.GetValue<int>(), lag["consumer_id"]!.GetValue<string>()));
        Assert.Equal((3, 3, 2, topic),
            (summary["max_lag"]!.GetValue<int>(), summary["total_lag"]!.GetValue<int>(), summary["max_lag_partition_id"]!.GetValue<int>(), summary["max_lag_topic_name"]!.GetValue<string>()));

        (await service.DeleteAsync(consumer)).Must(204);
        Assert.Equal("", (await GetAsync($"{path}/lags", "KafkaConsumerLagList"))["data"]![0]!["consumer_id"]!.GetValue<string>());
        Assert.Equal("EMPTY", (await GetAsync(path, "KafkaConsumerGroup"))["state"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_group_without_members_is_deleted_and_gone()
    {
        var topic = await service.CreateTopicAsync();
        var consumer = await service.SubscribeAsync(topic);
        var path = $"{Cluster}/consumer-groups/{consumer.Split('/')[2]}";
        var refused = await service.DeleteAsync(path);
        (await service.DeleteAsync(consumer)).Must(204);

        (await service.DeleteAsync(path)).Must(204);

        Assert.Equal((409, 40903), (refused.Status, refused.ErrorCode));
        Assert.Equal(404, (await service.GetAsync(path)).Must(404).ErrorCode);
        Assert.Equal(404, (await service.DeleteAsync(path)).Must(404).ErrorCode);
    }

    [Fact]
    public async Task A_record_is_answered_with_its_report()
    {
        var topic = await service.CreateTopicAsync();

        var answer = await service.PostAsync(
            $"{Cluster}/topics/{topic}/records",
            """{"partition_id":0,"timestamp":"2024-01-01T00:00:00Z","headers":[{"name":"h","value":"YWJj"}],"key":{"type":"BINARY","data":"azE="},"value":{"type":"JSON","data":{"a": 1}}}""",
            ServiceFixture.Plain);
        var stored = (await service.GetAsync($"/topics/{topic}/partitions/0/records?offset=0")).Must(200).Node[0]!;

        Assert.Equal(
            $$$"""{"error_code":200,"cluster_id":"serverless","topic_name":"{{{topic}}}","partition_id":0,"offset":0,"timestamp":"2024-01-01T00:00:00.000Z","key":{"type":"BINARY","size":2},"value":{"type":"JSON","size":7}}""",
            answer.Must(200).Text);
        Assert.Equal(ServiceFixture.Plain, answer.ContentType);
        Assert.Equal(("azE=", "eyJhIjoxfQ==", 1704067200000), (stored["key"]!.GetValue<string>(), stored["value"]!.GetValue<string>(), stored["timestamp"]!.GetValue<long>()));
        Assert.Equal("""[{"key":"h","value":"YWJj"}]""", stored["headers"]!.ToJsonString());
    }

    [Theory]
    [InlineData("{}", null)]
    [InlineData("""{"value":null}""", null)]
    [InlineData("""{"value":{}}""", null)]
    [InlineData("""{"value":{"data":null}}""", null)]
    [InlineData("""{"value":{"type":"JSON","data":null}}""", null)]
    [InlineData("""{"value":{"data":""}}""", "")]
    [InlineData("""{"value":{"type":"STRING","data":""}}""", "")]
    [InlineData("""{"value":{"type":"STRING","data":"a\"é"}}""", "YSLDqQ==")]
    [InlineData("""{"value":{"data":"YQ==","type":"BINARY"}}""", "YQ==")]
    [InlineData("""{"value":{"data":9007199254740993,"type":"JSON"}}""", "OTAwNzE5OTI1NDc0MDk5Mw==")]
    public async Task Everything_of_a_record_may_be_left_out(string body, string? value)
    {
        var topic = await service.CreateTopicAsync();

        (await service.PostAsync($"{Cluster}/topics/{topic}/records", body, ServiceFixture.Plain)).Must(200);

        var stored = (await service.GetAsync($"/topics/{topic}/partitions/0/records?offset=0")).Must(200).Node[0]!;
        Assert.Equal(value, stored["value"]?.GetValue<string>());
    }

    [Fact]
    public async Task Of_several_records_each_has_a_report_and_the_status_is_200()
    {
        var topic = await service.CreateTopicAsync();

        var answer = await service.PostAsync(
            $"{Cluster}/topics/{topic}/records",
            """{"value":{"data":"YQ=="}} {"value":{"data":"*"}}{"partition_id":7}""" + "\n{}", ServiceFixture.Plain);

        var reports = answer.Must(200).Text.Split('\n').Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal([200, 400, 40402, 200], reports.Select(report => report["error_code"]!.GetValue<int>()));
        Assert.Equal([0, 1], reports.Where(report => report["offset"] is not null).Select(report => report["offset"]!.GetValue<int>()));
    }

    private static (string Value, bool IsDefault, string Source) Shown(JsonNode config) =>
        (config["value"]!.GetValue<string>(), config["is_default"]!.GetValue<bool>(), config["source"]!.GetValue<string>());

    // Every answer has its kind and a self that leads back to it.
    private async Task<JsonNode> GetAsync(string path, string kind)
    {
        var answer = (await service.GetAsync(path)).Must(200);
        Assert.Equal(ServiceFixture.Plain, answer.ContentType);
        Assert.Equal(kind, answer.Node["kind"]!.GetValue<string>());
        var self = answer.Node["metadata"]!["self"]!.GetValue<string>();
        Assert.True(JsonElement.DeepEquals(
            JsonDocument.Parse(answer.Body).RootElement, JsonDocument.Parse((await service.GetAsync(self)).Must(200).Body).RootElement), self);
        if (kind.EndsWith("List", StringComparison.Ordinal))
        {
            Assert.True(answer.Node["metadata"]!.AsObject().ContainsKey("next"));
        }
        else
        {
            Assert.StartsWith("crn:///kafka=serverless", answer.Node["metadata"]!["resource_name"]!.GetValue<string>(), StringComparison.Ordinal);
        }

        return answer.Node;
    }
}
