namespace Serverless.Http.Contract;

/// <summary>Section 5.3 of the HTTP contract, and delivery.mode exactly_once of 2.5.</summary>
public sealed class TransactionTests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    private const string Epoch = "Kafka-Producer-Epoch";

    [Fact]
    public async Task Records_and_offsets_of_a_transaction_count_together_from_its_commit_on()
    {
        var (source, target, group) = (await service.CreateTopicAsync(), await service.CreateTopicAsync(2), service.NewName("group"));
        await service.ProduceAsync(source, "{\"value\":1}", "{\"value\":2}");
        var consumer = await service.SubscribeAsync(
            source, group, "\"format\":\"json\",\"auto.offset.reset\":\"earliest\",\"delivery.mode\":\"exactly_once\"");
        Assert.Equal(2, (await service.PollAsync(consumer)).Count);
        var (transaction, _) = await InitAsync();
        var epoch = (await service.PostAsync($"{transaction}/begin", null)).Must(204).Header(Epoch);

        var added = (await service.PostAsync(
            $"{transaction}/topics/{target}?producer_epoch={epoch}", """{"records":[{"value":1,"partition":0},{"value":2,"partition":1}]}""",
            ServiceFixture.Json)).Must(200).Node["offsets"]!.AsArray();
        var offsets = $$"""
            {"group":"{{group}}","instance":"{{consumer.Split('/')[^1]}}","offsets":[{"topic":"{{source}}","partition":0,"offset":1}]}
            """;
        (await service.PostAsync($"{transaction}/offsets?producer_epoch={epoch}", offsets)).Must(204);
        var open = (await service.GetAsync(transaction)).Must(200).Node;
        var before = (await CommittedAsync(target, 0), await OffsetOfAsync(group));
        var marks = (await service.GetAsync($"/topics/{target}/partitions/0/offsets?isolation_level=read_committed")).Must(200).Node;
        var next = (await service.PostAsync($"{transaction}/commit?producer_epoch={epoch}", null)).Must(204).Header(Epoch);
        (await service.PostAsync($"{transaction}/commit?producer_epoch={epoch}", "{}")).Must(204);

        Assert.Equal([0, 1], added.Select(one => one!["partition"]!.GetValue<int>()));
        Assert.Equal(("ongoing", 2), (open["state"]!.GetValue<string>(), open["partitions"]!.AsArray().Count));
        Assert.Equal((0, null), before);
        Assert.Equal((1, 0), (marks["end_offset"]!.GetValue<int>(), marks["last_stable_offset"]!.GetValue<int>()));
        Assert.Equal((1, 1, 2), (await CommittedAsync(target, 0), await CommittedAsync(target, 1), await OffsetOfAsync(group)));
        Assert.Equal("committed", (await service.GetAsync(transaction)).Must(200).Node["state"]!.GetValue<string>());
        Assert.Equal(short.Parse(epoch!, null) + 1, short.Parse(next!, null));
        Assert.Equal(40953, (await service.PostAsync($"{transaction}/abort?producer_epoch={epoch}", null)).Must(409).ErrorCode);
        Assert.Equal(40953, (await service.PostAsync($"{transaction}/topics/{target}", """{"records":[{"value":3}]}""", ServiceFixture.Json)).Must(409).ErrorCode);
    }

    [Fact]
    public async Task What_is_aborted_is_read_by_nobody_who_reads_what_is_committed()
    {
        var target = await service.CreateTopicAsync();
        var (transaction, _) = await InitAsync();
        (await service.PostAsync($"{transaction}/begin/", null)).Must(204);
        (await service.PostAsync($"{transaction}/topics/{target}/partitions/0", """{"records":[{"value":"gone"}]}""", ServiceFixture.Json)).Must(200);

        (await service.PostAsync($"{transaction}/abort", null)).Must(204);
        await service.ProduceAsync(target, "{\"value\":\"kept\"}");

        Assert.Equal(1, await CommittedAsync(target, 0));
        Assert.Equal(2, await CommittedAsync(target, 0, "read_uncommitted"));
    }

    [Fact]
    public async Task A_newer_instance_fences_the_older_one_on_every_step()
    {
        var target = await service.CreateTopicAsync();
        var (older, id) = await InitAsync();
        (await service.PostAsync($"{older}/begin", null)).Must(204);
        (await service.PostAsync($"{older}/topics/{target}", """{"records":[{"value":1}]}""", ServiceFixture.Json)).Must(200);

        var (newer, _) = await InitAsync(id);

        Assert.NotEqual(older, newer);
        foreach (var (step, body, type) in ((string, string?, string)[])
            [("begin", null, ServiceFixture.V2), ("commit", null, ServiceFixture.V2), ("abort", null, ServiceFixture.V2),
             ("offsets", """{"group":"g","offsets":[]}""", ServiceFixture.V2),
             ($"topics/{target}", """{"records":[{"value":1}]}""", ServiceFixture.Json)])
        {
            Assert.Equal(40951, (await service.PostAsync($"{older}/{step}", body, type)).Must(409).ErrorCode);
        }

        Assert.Equal(40951, (await service.DeleteAsync(older)).Must(409).ErrorCode);
        Assert.Equal("fenced", (await service.GetAsync(older)).Must(200).Node["state"]!.GetValue<string>());
        Assert.Equal(0, await CommittedAsync(target, 0));
        (await service.DeleteAsync(newer)).Must(204);
        Assert.Equal(40450, (await service.PostAsync($"{newer}/begin", null)).Must(404).ErrorCode);
    }

    [Fact]
    public async Task Exactly_once_commits_by_transactions_only()
    {
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(topic, "{\"value\":1}");
        var consumer = await service.SubscribeAsync(
            topic, null, "\"format\":\"json\",\"auto.offset.reset\":\"earliest\",\"delivery.mode\":\"exactly_once\"");
        await service.PollAsync(consumer);

        var refused = (await service.PostAsync($"{consumer}/offsets", null)).Must(409);

        Assert.Equal(40903, refused.ErrorCode);
        Assert.Contains("transaction", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Operators_list_transactions_and_abort_what_nobody_ends()
    {
        var target = await service.CreateTopicAsync();
        var (transaction, id) = await InitAsync();
        (await service.PostAsync($"{transaction}/begin", null)).Must(204);
        (await service.PostAsync($"{transaction}/topics/{target}", """{"records":[{"value":1}]}""", ServiceFixture.Json)).Must(200);
        const string All = "/v3/clusters/serverless/transactions";

        var ids = new List<string>();
        for (string? page = $"{All}?page_size=1"; page is not null;)
        {
            var list = (await service.GetAsync(page)).Must(200).Node;
            ids.AddRange(list["data"]!.AsArray().Select(one => one!["transactional_id"]!.GetValue<string>()));
            page = list["metadata"]!["next"]?.GetValue<string>();
        }

        (await service.PostAsync($"{All}/{id}/abort", null)).Must(204);

        Assert.Contains(id, ids);
        Assert.Distinct(ids);
        Assert.Equal("aborted", (await service.GetAsync($"{All}/{id}")).Must(200).Node["state"]!.GetValue<string>());
        Assert.Equal(40953, (await service.PostAsync($"{transaction}/commit", null)).Must(409).ErrorCode);
        Assert.Equal(0, await CommittedAsync(target, 0));
    }

    private async Task<(string Path, string Id)> InitAsync(string? id = null)
    {
        id ??= service.NewName("id");
        var answer = (await service.PostAsync($"/transactions/{id}", null)).Must(200);
        Assert.Equal(answer.Node["producer_epoch"]!.ToJsonString(), answer.Header(Epoch));
        return (new Uri(answer.Node["base_uri"]!.GetValue<string>()).AbsolutePath, id);
    }

    private async Task<int> CommittedAsync(string topic, int partition, string isolation = "read_committed") =>
        (await service.GetAsync(
            $"/topics/{topic}/partitions/{partition}/records?offset=0&timeout=1&isolation_level={isolation}", ServiceFixture.Json))
            .Must(200).Node.AsArray().Count;

    private async Task<int?> OffsetOfAsync(string group) =>
        (await service.GetAsync($"/consumers/{group}/offsets")).Must(200).Node["offsets"]!.AsArray() is [var offset]
            ? offset!["offset"]!.GetValue<int>()
            : null;
}
