using System.Text;

namespace Serverless.Http.BadInput;

/// <summary>A log with something in it, and a picture of it: after a refused request it must look the same.</summary>
public sealed class BadInputFixture(AzuriteFixture azurite) : ServiceFixture(azurite)
{
    /// <summary>A topic of two partitions with three records in each.</summary>
    public const string Topic = "orders";

    /// <summary>An instance that is subscribed to it, has polled, and has committed.</summary>
    public const string Subscribed = "/consumers/shop/instances/clerk";

    /// <summary>An instance with both partitions by hand.</summary>
    public const string Assigned = "/consumers/audit/instances/reader";

    /// <summary>The instance of a transactional id, the first of its log.</summary>
    public const string Transaction = "/transactions/mutant/instances/1-0";

    /// <summary>The second one: whether offsets that are added while another request commits are in time, nobody may know.</summary>
    public const string Committing = "/transactions/committing/instances/2-0";

    /// <summary>An effect that somebody has claimed.</summary>
    public const string Effect = "/effects/mails/claimed";

    private string _picture = "";

    /// <summary>Settings that differ from the usual ones.</summary>
    public IReadOnlyDictionary<string, string?> Changed { get; init; } = new Dictionary<string, string?>();

    protected override IReadOnlyDictionary<string, string?> Settings => Changed;

    /// <summary>Sends a bad request: the contract's refusal. That nothing has changed is looked at when the test ends.</summary>
    public async Task RefusesAsync(
        int status, int code, string method, string path, string? body = null, string type = V2, string? accept = null,
        params (string Name, string Value)[] headers) =>
        (await SendAsync(method, path, body, type, accept, headers)).MustRefuse(status, code);

    public async Task RefusesAsync(
        int status, int code, string path, byte[] body, string? type = Json, params (string Name, string Value)[] headers) =>
        (await SendAsync("POST", path, body, type, null, headers)).MustRefuse(status, code);

    /// <summary>Everything that a client could see is as it was.</summary>
    public async Task IsUnchangedAsync()
    {
        // The next test starts from what is: one that changed something fails alone.
        var before = _picture;
        _picture = await PictureAsync();
        Assert.Equal(before, _picture);
    }

    /// <summary>One good request of each kind works. Changes the log, and so the picture is taken anew.</summary>
    public async Task ServesAsync()
    {
        var topic = await CreateTopicAsync();
        await ProduceAsync(topic, """{"key":"k","value":{"a":1.10}}""");
        var consumer = await SubscribeAsync(topic);

        var records = await PollAsync(consumer);

        Assert.Equal("1.10", records.Single()!["value"]!["a"]!.ToJsonString());
        await DeleteAsync(consumer);
        (await DeleteAsync($"/v3/clusters/serverless/topics/{topic}")).Must(204);
        _picture = await PictureAsync();
    }

    /// <summary>Makes anew what good requests may have removed.</summary>
    public async Task RestoreAsync()
    {
        await PostAsync("/v3/clusters/serverless/topics", """{"topic_name":"orders","partitions_count":2}""", Plain);
        await PostAsync("/consumers/shop", """{"name":"clerk","format":"json","auto.offset.reset":"earliest"}""");
        await PostAsync($"{Subscribed}/subscription", """{"topics":["orders"]}""");
        await PostAsync("/consumers/audit", """{"name":"reader","format":"json","auto.offset.reset":"earliest"}""");
        await PostAsync(
            $"{Assigned}/assignments", """{"partitions":[{"topic":"orders","partition":0},{"topic":"orders","partition":1}]}""");
        await PostAsync($"{Assigned}/offsets", """{"offsets":[{"topic":"orders","partition":1,"offset":0}]}""");
        await PostAsync($"{Subscribed}/offsets", """{"offsets":[{"topic":"orders","partition":0,"offset":1}]}""");
    }

    protected override async Task PrepareAsync()
    {
        await CreateTopicAsync(2, Topic, "retention.ms=86400000");
        for (var partition = 0; partition < 2; partition++)
        {
            await ProduceAsync(Topic, ["{\"key\":\"a\",\"value\":1}", "{\"value\":2}", "{\"value\":\"x\"}"], partition);
        }

        const string Fields = "\"format\":\"json\",\"auto.offset.reset\":\"earliest\",\"auto.commit.enable\":false,";
        await SubscribeAsync(Topic, "shop", Fields + "\"name\":\"clerk\"");
        Assert.Equal(6, (await PollAsync(Subscribed)).Count);
        (await PostAsync($"{Subscribed}/offsets", """{"offsets":[{"topic":"orders","partition":0,"offset":1}]}""")).Must(200);
        await CreateConsumerAsync("audit", Fields + "\"name\":\"reader\"");
        (await PostAsync(
            $"{Assigned}/assignments",
            """{"partitions":[{"topic":"orders","partition":0},{"topic":"orders","partition":1}]}""")).Must(204);
        (await SendAsync("PUT", Effect, """{"lease.ms":600000,"holder":"clerk"}""")).Must(201);
        foreach (var instance in (string[])[Transaction, Committing])
        {
            var begun = (await PostAsync(instance[..instance.IndexOf("/instances", StringComparison.Ordinal)], null)).Must(200).Node;
            Assert.EndsWith(instance, begun["base_uri"]!.GetValue<string>(), StringComparison.Ordinal);
        }

        _picture = await PictureAsync();
    }

    private async Task<string> PictureAsync()
    {
        var picture = new StringBuilder();
        foreach (var path in (string[])
        [
            "/topics", "/topics/orders", "/topics/orders/partitions/0/offsets", "/topics/orders/partitions/1/offsets",
            "/v3/clusters/serverless/consumer-groups", "/v3/clusters/serverless/consumer-groups/shop/consumers/clerk/assignments",
            "/consumers/shop/offsets", "/consumers/audit/offsets", $"{Subscribed}/positions", $"{Subscribed}/subscription",
            $"{Assigned}/positions", $"{Assigned}/assignments",
            "/v3/clusters/serverless/transactions/mutant", Effect,
        ])
        {
            picture.Append(path).Append(' ').Append((await GetAsync(path)).Must(200).Text).Append('\n');
        }

        return picture.ToString();
    }
}
