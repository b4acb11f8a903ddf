using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Edge.Fakes;
using Xunit;

namespace Serverless.Edge;

public sealed class V3Tests
{
    private const string Base = "/v3/clusters/serverless";

    private readonly EdgeHost _host = new();

    [Fact]
    public async Task There_is_one_cluster_and_no_other()
    {
        var list = await _host.V3Async("GET", "/v3/clusters");
        var one = await _host.V3Async("GET", Base);

        Assert.Equal("KafkaClusterList", list.Json.GetProperty("kind").GetString());
        Assert.Equal(one.Body, Assert.Single(list.Json.GetProperty("data").EnumerateArray()).GetRawText());
        Assert.Equal("https://host/v3/clusters/serverless/topics", one.Json.GetProperty("topics").GetProperty("related").GetString());
        foreach (var path in (string[])["", "/topics", "/topics/t", "/topics/t/configs", "/consumer-groups", "/consumer-groups/g/lags"])
        {
            Assert.Equal((404, 404), (await _host.V3Async("GET", $"/v3/clusters/other{path}")).Error);
        }
    }

    [Fact]
    public async Task A_topic_is_created_with_its_settings()
    {
        const string Body = """
            {"topic_name":"orders","partitions_count":3,"replication_factor":1,"configs":[{"name":"retention.ms","value":"1000"}]}
            """;

        var validated = await _host.V3Async("POST", $"{Base}/topics/", Body.TrimEnd()[..^1] + ",\"validate_only\":true}");
        var missing = await _host.V3Async("GET", $"{Base}/topics/orders");
        var created = await _host.V3Async("POST", $"{Base}/topics", Body);

        Assert.Equal(200, validated.Status);
        Assert.Equal((404, 40401), missing.Error);
        Assert.Equal(201, created.Status);
        Assert.Equal("https://host/v3/clusters/serverless/topics/orders", created.Headers.Location);
        Assert.Equal(
            """{"kind":"KafkaTopic","metadata":{"self":"https://host/v3/clusters/serverless/topics/orders","resource_name":"crn:///kafka=serverless/topic=orders"},"cluster_id":"serverless","topic_name":"orders","is_internal":false,"replication_factor":1,"partitions_count":3,"partitions":{"related":"https://host/v3/clusters/serverless/topics/orders/partitions"},"configs":{"related":"https://host/v3/clusters/serverless/topics/orders/configs"},"partition_reassignments":{"related":"https://host/v3/clusters/serverless/topics/orders/partitions/-/reassignment"},"authorized_operations":[]}""",
            created.Body);
        Assert.Equal(created.Body, (await _host.V3Async("GET", $"{Base}/topics/orders")).Body);
        Assert.Equal("1000", (await _host.V3Async("GET", $"{Base}/topics/orders/configs/retention.ms")).Json.GetProperty("value").GetString());
    }

    [Theory]
    [InlineData("""{"topic_name":"t"}""", 400, 40002)]
    [InlineData("""{"topic_name":"u","partitions_count":0}""", 400, 40002)]
    [InlineData("""{"topic_name":"u","partitions_count":1000000}""", 400, 40002)]
    [InlineData("""{"topic_name":"u","replication_factor":3}""", 400, 40002)]
    [InlineData("""{"topic_name":"u","configs":[{"name":"nope","value":"1"}]}""", 400, 40002)]
    [InlineData("""{"topic_name":"u","configs":[{"name":"retention.ms","value":"x"}]}""", 400, 40002)]
    [InlineData("""{"topic_name":"a b"}""", 422, 422)]
    [InlineData("""{"topic_name":"u","topic_nam":1}""", 400, 400)]
    [InlineData("""{"topic_name":5}""", 400, 400)]
    [InlineData("""{"topic_name":"u","partitions_count":"3"}""", 400, 400)]
    [InlineData("""{}""", 400, 400)]
    [InlineData("{", 400, 400)]
    [InlineData("", 422, 422)]
    public async Task A_bad_topic_is_not_created(string body, int status, int code)
    {
        _host.Topics.Add("t", 1);

        Assert.Equal((status, code), (await _host.V3Async("POST", $"{Base}/topics", body)).Error);
        Assert.Equal("""["t"]""", (await _host.GetAsync("/topics")).Body);
    }

    [Fact]
    public async Task Partitions_are_added_and_topics_deleted()
    {
        _host.Topics.Add("t", 2);

        Assert.Equal((400, 40002), (await _host.V3Async("PATCH", $"{Base}/topics/t", """{"partitions_count":2}""")).Error);
        Assert.Equal((404, 40401), (await _host.V3Async("PATCH", $"{Base}/topics/nope", """{"partitions_count":2}""")).Error);
        var grown = await _host.V3Async("PATCH", $"{Base}/topics/t", """{"partitions_count":6}""");
        var partitions = await _host.V3Async("GET", $"{Base}/topics/t/partitions");
        var offsets = await _host.V3Async("GET", $"{Base}/topics/t/partitions/5/offset?offset_type=earliest_and_latest");

        Assert.Equal(6, grown.Json.GetProperty("partitions_count").GetInt32());
        Assert.Equal(6, partitions.Json.GetProperty("data").GetArrayLength());
        Assert.Equal(0, offsets.Json.GetProperty("latest_offset").GetInt64());
        Assert.Equal((404, 40402), (await _host.V3Async("GET", $"{Base}/topics/t/partitions/6")).Error);
        Assert.Equal(204, (await _host.V3Async("DELETE", $"{Base}/topics/t")).Status);
        Assert.Equal((404, 40401), (await _host.V3Async("DELETE", $"{Base}/topics/t")).Error);
    }

    [Fact]
    public async Task Settings_are_overridden_and_taken_back()
    {
        _host.Topics.Add("t", 1);
        const string Retention = $"{Base}/topics/t/configs/retention.ms";

        Assert.Equal(204, (await _host.V3Async("PUT", Retention, """{"value":"1000"}""")).Status);
        var set = await _host.V3Async("GET", Retention);
        Assert.Equal(204, (await _host.V3Async("DELETE", Retention)).Status);
        var reset = await _host.V3Async("GET", Retention);

        Assert.Equal(("1000", false, "DYNAMIC_TOPIC_CONFIG"), Config(set));
        Assert.Equal(("604800000", true, "DEFAULT_CONFIG"), Config(reset));
        Assert.Equal((400, 40002), (await _host.V3Async("PUT", Retention, """{"value":"x"}""")).Error);
        Assert.Equal((400, 400), (await _host.V3Async("PUT", Retention, """{"value":1000}""")).Error);
        Assert.Equal((400, 400), (await _host.V3Async("PUT", Retention, "{}")).Error);
        Assert.Equal((404, 404), (await _host.V3Async("PUT", $"{Base}/topics/t/configs/nope", """{"value":"1"}""")).Error);
        Assert.Equal((415, 415), (await _host.SendAsync("PUT", Retention, [], ("Content-Type", "text/plain"))).Error);
    }

    [Fact]
    public async Task Several_settings_change_together_or_not_at_all()
    {
        _host.Topics.Add("t", 1, ("retention.bytes", "5"));
        const string Alter = $"{Base}/topics/t/configs:alter";

        var bad = await _host.V3Async("POST", Alter, """{"data":[{"name":"retention.ms","value":"1"},{"name":"nope","value":"1"}]}""");
        var checkedOnly = await _host.V3Async("POST", Alter, """{"data":[{"name":"retention.ms","value":"1"}],"validate_only":true}""");
        var untouched = Config(await _host.V3Async("GET", $"{Base}/topics/t/configs/retention.ms"));
        var good = await _host.V3Async(
            "POST", Alter, """{"data":[{"name":"retention.ms","value":"1"},{"name":"retention.bytes","operation":"DELETE"}]}""");

        Assert.Equal((400, 40002), bad.Error);
        Assert.Equal((204, 204), (checkedOnly.Status, good.Status));
        Assert.Equal("604800000", untouched.Value);
        Assert.Equal("1", Config(await _host.V3Async("GET", $"{Base}/topics/t/configs/retention.ms")).Value);
        Assert.True(Config(await _host.V3Async("GET", $"{Base}/topics/t/configs/retention.bytes")).IsDefault);
    }

    [Fact]
    public async Task Groups_members_and_lags_are_shown()
    {
        _host.Groups.Description = new GroupDescription(
            "my g", "STABLE", 3, "uniform", false, [new MemberDescription("c1", "static", [new("t", 0)])]);
        _host.Groups.Lags =
        [
            new PartitionLag(new("t", 0), 5, 5, 7, "c1"), new PartitionLag(new("t", 1), 5, -1, 15, ""),
            new PartitionLag(new("t", 2), -1, -1, 100, ""),
        ];
        const string Group = $"{Base}/consumer-groups/my%20g";

        var groups = await _host.V3Async("GET", $"{Base}/consumer-groups");
        var group = await _host.V3Async("GET", Group);
        var consumer = await _host.V3Async("GET", $"{Group}/consumers/c1");
        var assignments = await _host.V3Async("GET", $"{Group}/consumers/c1/assignments");
        var lags = await _host.V3Async("GET", $"{Group}/lags");
        var lag = await _host.V3Async("GET", $"{Group}/lags/t/partitions/0");
        var summary = await _host.V3Async("GET", $"{Group}/lag-summary");

        Assert.Equal(group.Body, Assert.Single(groups.Json.GetProperty("data").EnumerateArray()).GetRawText());
        Assert.Equal("STABLE", group.Json.GetProperty("state").GetString());
        Assert.Equal("https://host/v3/clusters/serverless/consumer-groups/my%20g/consumers", group.Json.GetProperty("consumers").GetProperty("related").GetString());
        Assert.Equal("static", consumer.Json.GetProperty("instance_id").GetString());
        Assert.Equal(1, assignments.Json.GetProperty("data").GetArrayLength());
        Assert.Equal(2, lags.Json.GetProperty("data").GetArrayLength());
        Assert.Equal((2, "c1", "static"), (lag.Json.GetProperty("lag").GetInt32(), lag.Json.GetProperty("consumer_id").GetString(), lag.Json.GetProperty("instance_id").GetString()));
        Assert.Equal((10, 12, 1), (summary.Json.GetProperty("max_lag").GetInt32(), summary.Json.GetProperty("total_lag").GetInt32(), summary.Json.GetProperty("max_lag_partition_id").GetInt32()));
        Assert.Equal((404, 404), (await _host.V3Async("GET", $"{Group}/lags/t/partitions/2")).Error);
        Assert.Equal((404, 404), (await _host.V3Async("GET", $"{Group}/consumers/c2")).Error);
        Assert.Equal((404, 404), (await _host.V3Async("GET", $"{Base}/consumer-groups/nope")).Error);
    }

    [Fact]
    public async Task Groups_are_listed_page_by_page_in_their_order()
    {
        var names = Enumerable.Range(0, 250).Select(number => $"g {number:D3}").ToList();
        _host.Groups.Listed = [.. names.Select(name => (
            name, name == "g 199" ? null : new GroupDescription(name, "EMPTY", 1, "uniform", false, [])))];
        var shown = new List<List<string>>();
        for (var next = $"{Base}/consumer-groups"; next is not null;)
        {
            var page = await _host.V3Async("GET", next);
            shown.Add([.. page.Json.GetProperty("data").EnumerateArray().Select(group => group.GetProperty("consumer_group_id").GetString()!)]);
            Assert.Equal($"https://host{Base}/consumer-groups", page.Json.GetProperty("metadata").GetProperty("self").GetString());
            next = page.Json.GetProperty("metadata").GetProperty("next").GetString()?.Replace("https://host", "", StringComparison.Ordinal);
        }

        Assert.Equal([100, 99, 50], shown.Select(page => page.Count));
        Assert.Equal(names.Where(name => name != "g 199"), shown.SelectMany(page => page));
        Assert.InRange(_host.Groups.DescribedAtOnce, 2, 16);
    }

    [Theory]
    [InlineData("page_size=0")]
    [InlineData("page_size=1001")]
    [InlineData("page_size=ten")]
    [InlineData("page_token=")]
    [InlineData("page_token=a%00b")]
    [InlineData("page_token=a&page_token=b")]
    [InlineData("page=2")]
    public async Task A_bad_page_of_groups_is_refused(string query)
    {
        Assert.Equal((400, 400), (await _host.V3Async("GET", $"{Base}/consumer-groups?{query}")).Error);
        Assert.Empty(_host.Groups.Calls);
    }

    [Theory]
    [InlineData(ErrorCode.None, 204, 204)]
    [InlineData(ErrorCode.NonEmptyGroup, 409, 40903)]
    [InlineData(ErrorCode.GroupIdNotFound, 404, 404)]
    public async Task A_group_is_deleted_when_nobody_is_in_it(ErrorCode error, int status, int code)
    {
        _host.Groups.Error = error;

        var answer = await _host.V3Async("DELETE", $"{Base}/consumer-groups/g");

        Assert.Equal((status, code), (answer.Status, answer.Status == 204 ? 204 : answer.ErrorCode));
    }

    private static (string? Value, bool IsDefault, string? Source) Config(Answer answer) =>
        (answer.Json.GetProperty("value").GetString(), answer.Json.GetProperty("is_default").GetBoolean(),
            answer.Json.GetProperty("source").GetString());
}
