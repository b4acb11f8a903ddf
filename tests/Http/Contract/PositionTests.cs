namespace Serverless.Http.Contract;

/// <summary>Positions and committed offsets (sections 2.8, 2.9, 5.9 and 5.10 of the HTTP contract).</summary>
public sealed class PositionTests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    private const string ByHand = "\"format\":\"json\",\"auto.offset.reset\":\"earliest\",\"auto.commit.enable\":false";

    [Fact]
    public async Task A_seek_moves_the_next_poll_and_commits_nothing()
    {
        var (topic, consumer) = await FiveAsync();

        await SeekAsync(consumer, $$"""{"offsets":[{"topic":"{{topic}}","partition":0,"offset":3}]}""");

        Assert.Equal($$"""{"offsets":[{"topic":"{{topic}}","partition":0,"offset":3}]}""", (await service.GetAsync($"{consumer}/positions")).Must(200).Text);
        Assert.Equal([3, 4], await ValuesAsync(consumer));
        Assert.Equal("""{"offsets":[]}""", (await service.GetAsync($"{consumer}/offsets")).Must(200).Text);
    }

    [Fact]
    public async Task Beginning_and_end_are_those_of_when_the_request_was_served()
    {
        var (topic, consumer) = await FiveAsync();
        var list = $$"""{"partitions":[{"topic":"{{topic}}","partition":0}]}""";

        (await service.PostAsync($"{consumer}/positions/end", list)).Must(204);
        await service.ProduceAsync(topic, "{\"value\":5}");
        Assert.Equal([5], await ValuesAsync(consumer));

        (await service.PostAsync($"{consumer}/positions/beginning", list)).Must(204);
        Assert.Equal([0, 1, 2, 3, 4, 5], await ValuesAsync(consumer));
    }

    [Theory]
    [InlineData("\"2023-11-14T22:13:22Z\"", 2)]
    [InlineData("\"2023-11-14T23:13:22.000000000+01:00\"", 2)]
    [InlineData("1700000001500", 2)]
    [InlineData("0", 0)]
    [InlineData("\"9999-12-31T23:59:59.999Z\"", 5)]
    public async Task A_seek_to_a_time_goes_to_the_first_record_at_or_after_it_or_to_the_end(string timestamp, int first)
    {
        var (topic, consumer) = await FiveAsync();

        await SeekAsync(consumer, $$"""{"timestamps":[{"topic":"{{topic}}","partition":0,"timestamp":{{timestamp}}}]}""");

        Assert.Equal($$"""{"offsets":[{"topic":"{{topic}}","partition":0,"offset":{{first}}}]}""", (await service.GetAsync($"{consumer}/positions")).Text);
    }

    [Fact]
    public async Task A_position_beyond_the_log_is_kept_and_the_next_poll_applies_the_reset()
    {
        var (topic, consumer) = await FiveAsync();

        await SeekAsync(consumer, $$"""{"offsets":[{"topic":"{{topic}}","partition":0,"offset":1000}]}""");

        Assert.Contains("\"offset\":1000", (await service.GetAsync($"{consumer}/positions")).Text, StringComparison.Ordinal);
        Assert.Equal([0, 1, 2, 3, 4], await ValuesAsync(consumer));
    }

    [Fact]
    public async Task A_commit_stores_one_more_than_the_last_record_and_says_so()
    {
        var (topic, consumer) = await FiveAsync();

        var stored = await service.PostAsync(
            $"{consumer}/offsets?async=true", $$"""{"offsets":[{"topic":"{{topic}}","partition":0,"offset":2,"metadata":"m"}]}""");

        Assert.Equal($$"""[{"topic":"{{topic}}","partition":0,"consumed":2,"committed":3}]""", stored.Must(200).Text);
        var shown = $$"""{"offsets":[{"topic":"{{topic}}","partition":0,"offset":3,"metadata":"m"}]}""";
        Assert.Equal(shown, (await service.GetAsync($"{consumer}/offsets")).Text);
        Assert.Equal(shown, (await service.GetAsync($"{consumer}/offsets?partitions={topic}:0")).Text);
        Assert.Equal(shown, (await service.SendAsync("GET", $"{consumer}/offsets", $$"""{"partitions":[{"topic":"{{topic}}","partition":0}]}""")).Text);
    }

    [Theory]
    [InlineData("\"offset\":-1", 0)]
    [InlineData("\"next_offset\":0", 0)]
    [InlineData("\"next_offset\":4", 4)]
    [InlineData("\"offset\":9007199254740993", 9007199254740994)]
    public async Task An_offset_may_be_minus_one_and_a_next_offset_is_kept_as_it_is(string field, long committed)
    {
        var (topic, consumer) = await FiveAsync();

        // The list has R's name.
        var stored = await service.PostAsync($"{consumer}/offsets", $$"""{"partitions":[{"topic":"{{topic}}","partition":0,{{field}}}]}""");

        Assert.Equal($$"""[{"topic":"{{topic}}","partition":0,"consumed":{{committed - 1}},"committed":{{committed}}}]""", stored.Must(200).Text);
        Assert.Contains($"\"offset\":{committed},\"metadata\":\"\"", (await service.GetAsync($"{consumer}/offsets")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("{}")]
    public async Task An_empty_commit_takes_what_was_delivered(string? body)
    {
        var (topic, consumer) = await FiveAsync();
        Assert.Equal("[]", (await service.PostAsync($"{consumer}/offsets", body)).Must(200).Text);
        await service.PollAsync(consumer, "?max_records=2");

        var stored = await service.PostAsync($"{consumer}/offsets", body);

        Assert.Equal($$"""[{"topic":"{{topic}}","partition":0,"consumed":1,"committed":2}]""", stored.Must(200).Text);
        Assert.Equal("[]", (await service.PostAsync($"{consumer}/offsets", """{"offsets":[]}""")).Must(200).Text);
    }

    [Fact]
    public async Task Another_instance_goes_on_where_the_group_committed()
    {
        var (topic, consumer) = await FiveAsync();
        await service.PollAsync(consumer, "?max_records=3");
        (await service.PostAsync($"{consumer}/offsets", null)).Must(200);
        await service.PollAsync(consumer, "?max_records=1");
        (await service.DeleteAsync(consumer)).Must(204);

        var next = await service.SubscribeAsync(topic, consumer.Split('/')[2], ByHand);

        Assert.Equal([3, 4], await ValuesAsync(next));
    }

    [Fact]
    public async Task With_auto_commit_what_was_delivered_is_committed_at_the_next_poll_and_at_the_end()
    {
        var (topic, consumer) = await FiveAsync("\"format\":\"json\",\"auto.offset.reset\":\"earliest\"");
        var group = consumer.Split('/')[2];
        await service.PollAsync(consumer, "?max_records=2");
        var after1 = (await service.GetAsync($"/consumers/{group}/offsets")).Text;
        await service.PollAsync(consumer, "?max_records=2");
        var after2 = (await service.GetAsync($"/consumers/{group}/offsets")).Text;

        (await service.DeleteAsync(consumer)).Must(204);

        Assert.Equal("""{"offsets":[]}""", after1);
        Assert.Contains("\"offset\":2,", after2, StringComparison.Ordinal);
        Assert.Contains("\"offset\":4,", (await service.GetAsync($"/consumers/{group}/offsets")).Text, StringComparison.Ordinal);
        Assert.Equal([4], await ValuesAsync(await service.SubscribeAsync(topic, group)));
    }

    [Fact]
    public async Task Latest_is_the_end_at_the_time_of_subscribing_and_none_wants_a_commit()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(topic, "{\"value\":0}");
        var latest = await service.SubscribeAsync(topic, null, "\"format\":\"json\"");
        var none = await service.SubscribeAsync(topic, null, "\"format\":\"json\",\"auto.offset.reset\":\"none\"");

        await service.ProduceAsync(topic, "{\"value\":1}");

        Assert.Equal([1], await ValuesAsync(latest));
        Assert.Equal((409, 40903), await service.GetAsync($"{none}/records") is var refused ? (refused.Status, refused.ErrorCode!.Value) : default);
    }

    [Fact]
    public async Task A_groups_offsets_are_read_and_reset_without_an_instance()
    {
        var (topic, group) = (await service.CreateTopicAsync(2), service.NewName("group"));
        await service.ProduceAsync(topic, Enumerable.Range(0, 4).Select(i => $"{{\"value\":{i},\"partition\":{i % 2},\"timestamp\":{1000 + i}}}"));
        var path = $"/consumers/{group}/offsets";

        var reset = await service.PostAsync(path, $$"""{"offsets":[{"topic":"{{topic}}","partition":0,"to":"end"},{"topic":"{{topic}}","partition":1,"offset":0}]}""");
        var one = (await service.GetAsync($"{path}?partitions={topic}:1")).Must(200).Text;
        (await service.PostAsync(path, $$"""{"offsets":[{"topic":"{{topic}}","partition":0,"to":"beginning"}],"timestamps":[{"topic":"{{topic}}","partition":1,"timestamp":1003}]}""")).Must(200);

        Assert.Equal([2, 1], reset.Must(200).Node.AsArray().Select(stored => stored!["committed"]!.GetValue<int>()));
        Assert.Equal($$"""{"offsets":[{"topic":"{{topic}}","partition":1,"offset":1,"metadata":""}]}""", one);
        Assert.Equal([0, 1, 2, 3], (await ValuesAsync(await service.SubscribeAsync(topic, group))).Order().Prepend(0).Append(1).Distinct().Order());
    }

    [Fact]
    public async Task Lag_is_what_is_left_from_the_commit_or_the_position()
    {
        var (topic, consumer) = await FiveAsync();
        await service.PollAsync(consumer, "?max_records=2");
        var before = (await service.GetAsync($"{consumer}/lag")).Must(200).Text;
        (await service.PostAsync($"{consumer}/offsets", $$"""{"offsets":[{"topic":"{{topic}}","partition":0,"offset":0}]}""")).Must(200);

        var after = (await service.GetAsync($"{consumer}/lag")).Must(200).Text;

        Assert.Equal($$"""{"total_lag":3,"partitions":[{"topic":"{{topic}}","partition":0,"position":2,"committed":null,"end_offset":5,"lag":3}]}""", before);
        Assert.Equal($$"""{"total_lag":4,"partitions":[{"topic":"{{topic}}","partition":0,"position":2,"committed":1,"end_offset":5,"lag":4}]}""", after);
    }

    // Values 0 to 4, a second apart, and an instance that has them.
    private async Task<(string Topic, string Consumer)> FiveAsync(string fields = ByHand)
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(topic, Enumerable.Range(0, 5).Select(i => $"{{\"value\":{i},\"timestamp\":{1700000000000 + (i * 1000)}}}"));
        return (topic, await service.SubscribeAsync(topic, null, fields));
    }

    private async Task SeekAsync(string consumer, string body) => (await service.PostAsync($"{consumer}/positions", body)).Must(204);

    private async Task<List<int>> ValuesAsync(string consumer) =>
        [.. (await service.PollAsync(consumer)).Select(record => record!["value"]!.GetValue<int>())];
}
