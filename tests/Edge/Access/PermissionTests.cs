using Microsoft.Extensions.DependencyInjection;
using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Groups.View;
using Serverless.Core.Transactions;
using Serverless.Edge.Fakes;
using Xunit;

namespace Serverless.Edge.Access;

/// <summary>What the matrix cannot show: objects that are seen in part, that belong to somebody, or that are named by a pattern.</summary>
public sealed class PermissionTests
{
    private const string Plain = "application/json";
    private const string Json = "application/vnd.kafka.json.v2+json";
    private const string Cluster = "/v3/clusters/serverless";
    private const string Offsets = "/topics/__consumer_offsets/partitions/0";

    private readonly AccessHost _host = new();

    [Fact]
    public async Task What_one_may_not_describe_is_forbidden_whether_it_exists_or_not()
    {
        await _host.AllowAsync("User:ann", "TOPIC orders DESCRIBE", "GROUP mine READ");
        string[] paths =
        [
            "/topics/{0}", "/topics/{0}/partitions", "/topics/{0}/partitions/99", $"{Cluster}/topics/{{0}}", $"{Cluster}/topics/{{0}}/configs",
        ];

        foreach (var path in paths)
        {
            var there = await _host.GetAsync(path.Replace("{0}", "copies", StringComparison.Ordinal), _host.Bearer());
            var nowhere = await _host.GetAsync(path.Replace("{0}", "nowhere", StringComparison.Ordinal), _host.Bearer());

            Assert.Equal((403, 40301), there.Error);
            Assert.Equal((there.Status, there.Body), (nowhere.Status, nowhere.Body));
        }
    }

    [Fact]
    public async Task Lists_show_only_what_may_be_described()
    {
        _host.Edge.Groups.Listed = [("mine", Group("mine")), ("theirs", Group("theirs"))];
        await _host.AllowAsync("User:ann", "TOPIC or* READ", "GROUP mine DESCRIBE");

        var topics = await _host.GetAsync("/topics", _host.Bearer());
        var v3Topics = await _host.GetAsync($"{Cluster}/topics", _host.Bearer());
        var groups = await _host.GetAsync($"{Cluster}/consumer-groups", _host.Bearer());
        var all = await _host.GetAsync("/topics", AccessHost.AdminKey);

        Assert.Equal("""["orders"]""", topics.Body);
        Assert.Equal("orders", Assert.Single(v3Topics.Json.GetProperty("data").EnumerateArray()).GetProperty("topic_name").GetString());
        Assert.Equal("mine", Assert.Single(groups.Json.GetProperty("data").EnumerateArray()).GetProperty("consumer_group_id").GetString());
        Assert.Equal("""["copies","letters","orders"]""", all.Body);
    }

    [Fact]
    public async Task A_topics_settings_are_shown_to_whom_may_describe_them()
    {
        await _host.AllowAsync("User:ann", "TOPIC orders DESCRIBE", "TOPIC copies DESCRIBE", "TOPIC copies ALTER_CONFIGS");

        Assert.Empty((await _host.GetAsync("/topics/orders", _host.Bearer())).Json.GetProperty("configs").EnumerateObject());
        Assert.NotEmpty((await _host.GetAsync("/topics/copies", _host.Bearer())).Json.GetProperty("configs").EnumerateObject());
    }

    [Fact]
    public async Task Of_a_group_only_the_topics_are_seen_that_may_be_described()
    {
        TopicPartition[] both = [new("copies", 0), new("orders", 0)];
        _host.Edge.Groups.Offsets = [.. both.Select(at => new GroupOffset(at, 5))];
        _host.Edge.Groups.Lags = [.. both.Select(at => new PartitionLag(at, 5, 5, 9, "i"))];
        _host.Edge.Groups.Assigned = both;
        _host.Edge.Groups.Topics = ["copies", "orders"];
        _host.Edge.Groups.Description = new GroupDescription("g", "STABLE", 1, "uniform", false, [new MemberDescription("i", null, both)]);
        await _host.AllowAsync("User:ann", "TOPIC orders DESCRIBE", "GROUP g READ");
        const string Instance = "/consumers/g/instances/i";
        string[] paths =
        [
            "/consumers/g/offsets", $"{Instance}/offsets", $"{Instance}/positions", $"{Instance}/assignments", $"{Instance}/subscription",
            $"{Instance}/lag", $"{Cluster}/consumer-groups/g/lags", $"{Cluster}/consumer-groups/g/lag-summary",
            $"{Cluster}/consumer-groups/g/consumers/i/assignments",
        ];

        foreach (var path in paths)
        {
            var answer = await _host.GetAsync(path, _host.Bearer());

            Assert.Equal(200, answer.Status);
            Assert.Contains("orders", answer.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("copies", answer.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Of_a_transaction_only_topics_and_groups_are_seen_that_may_be_described()
    {
        var transaction = new TransactionDescription(
            "tx", "1-0", 1, 0, TransactionState.Ongoing, TimeSpan.FromMinutes(1), [new("copies", 0), new("orders", 0)], ["g", "other"], null, null);
        (_host.Edge.Transactions.Description, _host.Edge.Transactions.Listed) = (transaction, [transaction]);
        await _host.AllowAsync("User:ann", "TRANSACTIONAL_ID tx DESCRIBE", "TOPIC orders DESCRIBE", "GROUP g READ");

        foreach (var path in (string[])["/transactions/tx/instances/1-0", $"{Cluster}/transactions/tx"])
        {
            var answer = await _host.GetAsync(path, _host.Bearer());

            Assert.Equal(["orders"], answer.Json.GetProperty("partitions").EnumerateArray().Select(at => at.GetProperty("topic").GetString()));
            Assert.Equal(["g"], answer.Json.GetProperty("groups").EnumerateArray().Select(group => group.GetString()));
        }
    }

    [Fact]
    public async Task A_topic_may_also_be_created_by_whom_may_create_on_the_cluster()
    {
        await _host.AllowAsync("User:ann", "CLUSTER kafka-cluster CREATE");

        Assert.Equal(201, (await _host.SendAsync("POST", $"{Cluster}/topics", _host.Bearer(), """{"topic_name":"made"}""", Plain)).Status);
        Assert.Equal(403, (await _host.SendAsync("POST", $"{Cluster}/topics", _host.Bearer(("sub", "bob")), """{"topic_name":"orders"}""", Plain)).Status);
    }

    [Fact]
    public async Task A_transaction_may_also_be_aborted_by_whom_may_alter_the_cluster()
    {
        await _host.AllowAsync("User:ann", "CLUSTER kafka-cluster ALTER");

        Assert.Equal(204, (await _host.SendAsync("POST", $"{Cluster}/transactions/tx/abort", _host.Bearer())).Status);
    }

    [Fact]
    public async Task Committed_offsets_are_shown_to_whom_may_look_at_the_cluster_or_has_them_by_name()
    {
        await _host.AllowAsync("User:ann", "CLUSTER kafka-cluster DESCRIBE");
        await _host.AllowAsync("User:bob", $"TOPIC {OffsetsTopic.Name} READ");
        await _host.AllowAsync("User:eve", "TOPIC orders READ");

        Assert.NotEqual(403, (await _host.GetAsync(Offsets, _host.Bearer())).Status);
        Assert.NotEqual(403, (await _host.GetAsync($"{Offsets}/records?timeout=1", _host.Bearer())).Status);
        Assert.NotEqual(403, (await _host.GetAsync($"{Offsets}/records?timeout=1", _host.Bearer(("sub", "bob")))).Status);
        Assert.Equal(403, (await _host.GetAsync($"{Offsets}/records?timeout=1", _host.Bearer(("sub", "eve")))).Status);
        Assert.Equal(403, (await _host.SendAsync("POST", "/topics/__consumer_offsets", _host.Bearer(), """{"records":[{"value":1}]}""", Json)).Status);
    }

    [Fact]
    public async Task A_producer_id_is_its_makers_alone()
    {
        await _host.AllowAsync("User:*", "TOPIC orders WRITE");
        var id = (await _host.SendAsync("POST", "/producers", _host.Bearer(), "{}")).Json.GetProperty("producer_id").GetInt64();
        var records = $$"""{"producer":{"id":{{id}},"epoch":0,"base_sequence":0},"records":[{"value":1}]}""";

        var another = _host.Bearer(("sub", "bob"));
        Assert.Equal((404, 40450), (await _host.SendAsync("POST", "/topics/orders/partitions/0", another, records, Json)).Error);
        Assert.Equal((404, 40450), (await _host.SendAsync("DELETE", $"/producers/{id}", another)).Error);
        Assert.Equal(200, (await _host.SendAsync("POST", "/topics/orders/partitions/0", _host.Bearer(), records, Json)).Status);
        Assert.Equal(204, (await _host.SendAsync("DELETE", $"/producers/{id}", _host.Bearer())).Status);
    }

    [Fact]
    public async Task An_idempotency_key_is_its_callers_alone()
    {
        await _host.AllowAsync("User:*", "TOPIC orders WRITE");

        var first = await ProduceAsync("ann");
        var again = await ProduceAsync("ann");
        var another = await ProduceAsync("bob");

        Assert.Equal("true", again.Headers["Idempotency-Replayed"]);
        Assert.Equal(first.Body, again.Body);
        Assert.False(another.Headers.ContainsKey("Idempotency-Replayed"));
        Assert.NotEqual(first.Body, another.Body);

        Task<Answer> ProduceAsync(string subject) => _host.Edge.SendAsync(
            "POST", "/topics/orders/partitions/0", """{"records":[{"value":1}]}"""u8.ToArray(),
            ("Authorization", _host.Bearer(("sub", subject))), ("Content-Type", Json), ("Idempotency-Key", "\"k\""));
    }

    [Theory]
    [InlineData("ord.*", "TOPIC ord* READ", true)]
    [InlineData("ord.*", "TOPIC * READ", true)]
    [InlineData("ord.*", "TOPIC orders* READ", false)]
    [InlineData("ord.*", "TOPIC orders READ", false)]
    [InlineData("ord.*|copies", "TOPIC ord* READ", false)]
    [InlineData(".*", "TOPIC ord* READ", false)]
    public async Task A_delivery_of_a_pattern_needs_all_that_it_could_ever_mean(string pattern, string acl, bool isAllowed)
    {
        await _host.AllowAsync("User:ann", acl, "GROUP g ALTER", "TOPIC copies WRITE");

        Assert.Equal(isAllowed, (await PutAsync(pattern)).Status != 403);

        await _host.DenyAsync("User:ann", "TOPIC orders.secret READ");

        Assert.Equal(403, (await PutAsync(pattern)).Status);

        Task<Answer> PutAsync(string meant) => _host.SendAsync(
            "PUT", $"{Cluster}/consumer-groups/g/delivery", _host.Bearer(),
            $$$"""{"topic_pattern":"{{{meant}}}","start":"earliest","target":{"type":"topic","name":"copies"}}""", Plain);
    }

    [Fact]
    public async Task A_poll_is_told_which_topics_may_be_read()
    {
        await _host.AllowAsync("User:ann", "GROUP g READ", "TOPIC orders READ");

        await _host.GetAsync("/consumers/g/instances/i/records", _host.Bearer());

        var readable = _host.Edge.Groups.Calls.Single(call => call.Operation == "poll").Arguments.OfType<PollRequest>().Single().Readable!;
        Assert.True(readable("orders"));
        Assert.False(readable("copies"));
    }

    [Fact]
    public async Task In_open_mode_nobody_is_asked_and_nothing_is_anybodys()
    {
        var host = new EdgeHost();

        Assert.Equal(200, (await host.GetAsync("/brokers", ("Authorization", "Bearer x"))).Status);
    }

    private static GroupDescription Group(string name) => new(name, "EMPTY", 1, "uniform", false, []);
}
