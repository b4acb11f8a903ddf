namespace Serverless.Http.Contract;

/// <summary>Consumer instances, subscriptions and assignments (sections 2.5 to 2.7, 2.11 and 5.6 of the HTTP contract).</summary>
public sealed class ConsumerTests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    [Fact]
    public async Task An_instance_without_a_name_gets_one_and_a_base_uri_that_works()
    {
        var created = await service.PostAsync("/consumers/gé n", null);

        var id = created.Must(200).Node["instance_id"]!.GetValue<string>();
        var uri = new Uri(created.Node["base_uri"]!.GetValue<string>());
        Assert.Matches("^rest-consumer-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", id);
        Assert.Equal(service.App.Address.Authority, uri.Authority);
        Assert.Equal("""{"topics":[]}""", (await service.GetAsync($"{uri}/subscription")).Must(200).Text);
        (await service.DeleteAsync(uri.ToString())).Must(204);
    }

    [Theory]
    [InlineData("\"name\":\"n\"", "n")]
    [InlineData("\"id\":\"i\"", "i")]
    [InlineData("\"name\":\"n2\",\"id\":\"i2\"", "i2")]
    public async Task Name_and_id_are_synonyms_and_id_wins(string fields, string id)
    {
        var group = service.NewName("group");

        var created = await service.PostAsync($"/consumers/{group}", $"{{{fields}}}");

        Assert.Equal(id, created.Must(200).Node["instance_id"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("\"auto.commit.enable\":true")]
    [InlineData("\"auto.commit.enable\":\"false\"")]
    [InlineData("\"enable.auto.commit\":\"TRUE\"")]
    [InlineData("\"fetch.min.bytes\":\"1\",\"consumer.request.timeout.ms\":\"1000\"")]
    [InlineData("\"fetch.min.bytes\":-1,\"consumer.request.timeout.ms\":999999999")]
    [InlineData("\"responseMinBytes\":1,\"requestWaitMs\":10,\"topic.metadata.refresh.interval.ms\":100")]
    [InlineData("\"format\":\"JSON\",\"auto.offset.reset\":\"Earliest\",\"isolation.level\":\"read_committed\"")]
    [InlineData("\"auto.offset.reset\":\"none\",\"partition.assignment.strategy\":\"roundrobin\"")]
    [InlineData("\"delivery.mode\":\"at_most_once\",\"session.timeout.ms\":6000,\"group.instance.id\":\"s\",\"replace\":false")]
    [InlineData("\"format\":null,\"name\":null")]
    public async Task Fields_are_taken_in_all_the_spellings_that_clients_use(string fields)
    {
        (await service.PostAsync($"/consumers/{service.NewName("group")}", $"{{{fields}}}")).Must(200);
    }

    [Theory]
    [InlineData(ServiceFixture.V2)]
    [InlineData(ServiceFixture.Json)]
    [InlineData(ServiceFixture.Binary)]
    [InlineData("application/vnd.kafka+json")]
    [InlineData("application/json")]
    public async Task Admin_requests_are_taken_in_any_of_Kafkas_types(string type)
    {
        (await service.PostAsync($"/consumers/{service.NewName("group")}", "{}", type)).Must(200);
    }

    [Theory]
    [InlineData(null, ServiceFixture.V2)]
    [InlineData("*/*", ServiceFixture.V2)]
    [InlineData("application/*", ServiceFixture.V2)]
    [InlineData("application/vnd.kafka+json", ServiceFixture.V2)]
    [InlineData("application/vnd.kafka.binary.v2+json", ServiceFixture.V2)]
    [InlineData("application/json", ServiceFixture.Plain)]
    [InlineData("application/json, application/vnd.kafka.v2+json;q=0.1", ServiceFixture.V2)]
    [InlineData("text/html, */*;q=0.1", ServiceFixture.V2)]
    public async Task Replies_are_v2_unless_only_plain_JSON_is_accepted(string? accept, string type)
    {
        Assert.Equal(type, (await service.GetAsync("/topics", accept)).Must(200).ContentType);
        Assert.Equal(type, (await service.PostAsync($"/consumers/{service.NewName("group")}", "{}", ServiceFixture.V2, accept)).Must(200).ContentType);
    }

    [Fact]
    public async Task A_subscription_is_replaced_shown_and_removed()
    {
        var (a, b) = (await service.CreateTopicAsync(), await service.CreateTopicAsync());
        var consumer = await service.SubscribeAsync(a);

        Assert.Equal($$"""{"topics":["{{a}}"]}""", (await service.GetAsync($"{consumer}/subscription")).Text);
        Assert.Equal($$"""{"partitions":[{"topic":"{{a}}","partition":0}]}""", (await service.GetAsync($"{consumer}/assignments")).Text);

        (await service.PostAsync($"{consumer}/subscription", $$"""{"topics":["{{b}}","{{b}}"]}""")).Must(204);
        Assert.Equal($$"""{"topics":["{{b}}"]}""", (await service.GetAsync($"{consumer}/subscription")).Text);
        Assert.Equal($$"""{"partitions":[{"topic":"{{b}}","partition":0}]}""", (await service.GetAsync($"{consumer}/assignments")).Text);

        (await service.DeleteAsync($"{consumer}/subscription")).Must(204);
        (await service.DeleteAsync($"{consumer}/subscription")).Must(204);
        Assert.Equal("""{"topics":[]}""", (await service.GetAsync($"{consumer}/subscription")).Text);
        Assert.Equal("""{"partitions":[]}""", (await service.GetAsync($"{consumer}/assignments")).Text);
    }

    [Fact]
    public async Task A_topic_that_is_made_after_it_was_subscribed_to_counts_once_it_exists()
    {
        var topic = service.NewName("later");
        var consumer = await service.SubscribeAsync(topic);
        Assert.Empty(await service.PollAsync(consumer, "?timeout=1"));

        await service.CreateTopicAsync(1, topic);
        await service.ProduceAsync(topic, "{\"value\":1}");

        Assert.Single(await PollUntilAsync(consumer, 1));
    }

    [Fact]
    public async Task A_pattern_matches_whole_names_and_is_looked_at_again_with_each_poll()
    {
        var stem = service.NewName("pat");
        await service.CreateTopicAsync(1, $"{stem}.a");
        await service.CreateTopicAsync(1, $"x{stem}.a");
        var consumer = await service.CreateConsumerAsync();
        (await service.PostAsync($"{consumer}/subscription", $$"""{"topic_pattern":"{{stem}}\\..*"}""")).Must(204);
        Assert.Equal($$"""{"topics":["{{stem}}.a"]}""", (await service.GetAsync($"{consumer}/subscription")).Text);

        await service.CreateTopicAsync(1, $"{stem}.b");
        await service.ProduceAsync($"{stem}.b", "{\"value\":1}");

        Assert.Single(await PollUntilAsync(consumer, 1));
        Assert.Equal($$"""{"topics":["{{stem}}.a","{{stem}}.b"]}""", (await service.GetAsync($"{consumer}/subscription")).Text);
    }

    [Fact]
    public async Task An_assignment_is_replaced_shown_and_cleared_and_may_name_what_is_not_there_yet()
    {
        var topic = service.NewName("later");
        var consumer = await service.CreateConsumerAsync();
        Assert.Equal("""{"partitions":[]}""", (await service.GetAsync($"{consumer}/assignments")).Text);
        var list = $$"""{"partitions":[{"topic":"{{topic}}","partition":0},{"topic":"{{topic}}","partition":1}]}""";

        (await service.PostAsync($"{consumer}/assignments", list)).Must(204);
        Assert.Equal(list, (await service.GetAsync($"{consumer}/assignments")).Text);
        Assert.Empty(await service.PollAsync(consumer, "?timeout=1"));
        await service.CreateTopicAsync(2, topic);
        await service.ProduceAsync(topic, ["{\"value\":1}"], 1);

        Assert.Single(await PollUntilAsync(consumer, 1));
        (await service.PostAsync($"{consumer}/assignments", """{"partitions":[]}""")).Must(204);
        Assert.Equal("""{"partitions":[]}""", (await service.GetAsync($"{consumer}/assignments")).Text);
        (await service.PostAsync($"{consumer}/subscription", $$"""{"topics":["{{topic}}"]}""")).Must(204);
    }

    [Fact]
    public async Task Partitions_are_shared_anew_when_members_come_and_go_and_nothing_is_delivered_twice()
    {
        var (topic, group) = (await service.CreateTopicAsync(4), service.NewName("group"));
        await service.ProduceAsync(topic, Enumerable.Range(0, 4).Select(i => $"{{\"value\":{i},\"partition\":{i}}}"));
        var one = await service.SubscribeAsync(topic, group);
        Assert.Equal(4, (await PollUntilAsync(one, 4)).Count);
        (await service.PostAsync($"{one}/offsets", "")).Must(200);

        var two = await service.SubscribeAsync(topic, group);
        await service.PollAsync(one, "?timeout=1");
        await service.PollAsync(two, "?timeout=1");
        var shares = (await SharesAsync(one), await SharesAsync(two));
        await service.ProduceAsync(topic, Enumerable.Range(0, 4).Select(i => $"{{\"value\":{i + 4},\"partition\":{i}}}"));
        var (first, second) = (await PollUntilAsync(one, 2), await PollUntilAsync(two, 2));

        Assert.Equal((2, 2), (shares.Item1.Count, shares.Item2.Count));
        Assert.Equal([4, 5, 6, 7], first.Concat(second).Order());

        (await service.DeleteAsync(two)).Must(204);
        await service.PollAsync(one, "?timeout=1");
        Assert.Equal(4, (await SharesAsync(one)).Count);
    }

    [Fact]
    public async Task A_heartbeat_tells_generation_partitions_and_how_long_the_session_lasts()
    {
        var topic = await service.CreateTopicAsync();
        var consumer = await service.SubscribeAsync(topic);

        var beat = (await service.PostAsync($"{consumer}/heartbeat", null)).Must(200).Node;

        Assert.True(beat["generation"]!.GetValue<int>() >= 1);
        Assert.Equal($$"""[{"topic":"{{topic}}","partition":0}]""", beat["partitions"]!.ToJsonString());
        Assert.True(DateTimeOffset.Parse(beat["expires_at"]!.GetValue<string>(), null) > DateTimeOffset.UtcNow.AddMinutes(3));
    }

    [Fact]
    public async Task Replace_takes_a_name_over_and_starts_anew()
    {
        var (topic, group) = (await service.CreateTopicAsync(), service.NewName("group"));
        var consumer = await service.SubscribeAsync(topic, group, "\"name\":\"c\",\"format\":\"json\"");

        var refused = await service.PostAsync($"/consumers/{group}", "{\"name\":\"c\"}");
        var replaced = await service.PostAsync($"/consumers/{group}", "{\"name\":\"c\",\"replace\":true}");

        Assert.Equal((409, 40902), (refused.Status, refused.ErrorCode));
        replaced.Must(200);
        Assert.Equal("""{"topics":[]}""", (await service.GetAsync($"{consumer}/subscription")).Must(200).Text);
    }

    [Fact]
    public async Task Any_host_serves_any_instance()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(topic, "{\"value\":1}", "{\"value\":2}");
        var consumer = await service.SubscribeAsync(topic);
        await using var other = await service.StartHostAsync();
        using var client = new HttpClient { BaseAddress = other.Address };

        var first = await service.PollAsync(consumer, "?max_records=1");
        using var response = await client.GetAsync($"{consumer}/records?timeout=5000");
        var second = (await Answer.ReadAsync(response)).Must(200).Node.AsArray();

        Assert.Equal([1, 2], first.Concat(second).Select(record => record!["value"]!.GetValue<int>()));
    }

    private async Task<List<string>> SharesAsync(string consumer) =>
        [.. (await service.GetAsync($"{consumer}/assignments")).Must(200).Node["partitions"]!.AsArray().Select(at => at!.ToJsonString())];

    // Claims of partitions that another just released may take a poll more.
    private async Task<List<int>> PollUntilAsync(string consumer, int count)
    {
        var values = new List<int>();
        for (var polls = 0; values.Count < count && polls < 20; polls++)
        {
            values.AddRange((await service.PollAsync(consumer, "?timeout=1000")).Select(record => record!["value"]!.GetValue<int>()));
        }

        return values;
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("replace")]
    public async Task A_process_that_served_the_former_instance_of_a_name_asks_for_a_retry_and_serves_the_one_that_another_made(string how)
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(topic, "{\"value\":1}");
        var group = service.NewName("group");
        const string Former = "\"name\":\"c\",\"format\":\"binary\",\"auto.offset.reset\":\"earliest\",\"auto.commit.enable\":false";
        var consumer = await service.SubscribeAsync(topic, group, Former);
        Assert.Single(await service.PollAsync(consumer));
        await using var other = await service.StartHostAsync();
        var elsewhere = new Uri(other.Address, consumer).ToString();

        if (how == "delete")
        {
            (await service.DeleteAsync(elsewhere)).Must(204);
        }

        (await service.PostAsync(
            new Uri(other.Address, $"/consumers/{group}").ToString(),
            Former.Insert(0, "{").Replace("binary", "json", StringComparison.Ordinal) + ",\"replace\":true}")).Must(200);
        (await service.PostAsync($"{elsewhere}/subscription", $$"""{"topics":["{{topic}}"]}""")).Must(204);

        // Whether a request is the former instance's, from before, it cannot tell; it must not say that nobody is there.
        var first = await service.GetAsync($"{consumer}/records", ServiceFixture.Json);
        Assert.True(first.Status == 200 || (first.ErrorCode == 50003 && first.Headers["Retry-After"].Any()), first.Text);
        var poll = first.Status == 200 ? first : (await service.GetAsync($"{consumer}/records", ServiceFixture.Json)).Must(200);

        Assert.Equal(1, Assert.Single(poll.Node.AsArray())!["value"]!.GetValue<int>());
    }
}
