using Serverless.Core.Groups;
using Serverless.Core.Groups.View;
using Serverless.Core.Transactions;
using Xunit;

namespace Serverless.Edge.Access;

/// <summary>Names that a caller may not describe are in no part of a reply: also not in what is beside the list.</summary>
public sealed class DisclosureTests
{
    private const string Cluster = "/v3/clusters/serverless";
    private const string Plain = "application/json";

    private static readonly string[] Names = ["a-theirs", "b-mine", "c-theirs", "d-theirs", "e-mine", "f-theirs"];

    private readonly AccessHost _host = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_pages_of_groups_name_no_group_that_may_not_be_described(int size)
    {
        _host.Edge.Groups.Listed = [.. Names.Select(name => (name, (GroupDescription?)Group(name)))];
        await _host.AllowAsync("User:ann", "GROUP b-mine DESCRIBE", "GROUP e-mine DESCRIBE");

        Assert.Equal(["b-mine", "e-mine"], await WalkAsync($"{Cluster}/consumer-groups?page_size={size}", "consumer_group_id", "theirs"));
        Assert.Empty(await WalkAsync($"{Cluster}/consumer-groups?page_size={size}", "consumer_group_id", "mine", ("sub", "bob")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_pages_of_transactions_name_none_that_may_not_be_described(int size)
    {
        _host.Edge.Transactions.Listed = [.. Names.Select(Transaction)];
        await _host.AllowAsync("User:ann", "TRANSACTIONAL_ID b-mine DESCRIBE", "TRANSACTIONAL_ID e-mine DESCRIBE");

        Assert.Equal(["b-mine", "e-mine"], await WalkAsync($"{Cluster}/transactions?page_size={size}", "transactional_id", "theirs"));
        Assert.Empty(await WalkAsync($"{Cluster}/transactions?page_size={size}", "transactional_id", "mine", ("sub", "bob")));
    }

    [Fact]
    public async Task A_denial_of_the_committed_offsets_wins_over_the_cluster_that_shows_them()
    {
        await _host.AllowAsync("User:ann", "CLUSTER kafka-cluster DESCRIBE");
        await _host.DenyAsync("User:ann", $"TOPIC {OffsetsTopic.Name} READ");
        const string Offsets = "/topics/__consumer_offsets/partitions/0";

        Assert.Equal((403, 40301), (await _host.GetAsync($"{Offsets}/records?timeout=1", _host.Bearer())).Error);
        Assert.NotEqual(403, (await _host.GetAsync(Offsets, _host.Bearer())).Status);

        await _host.DenyAsync("User:*", "TOPIC * DESCRIBE");

        Assert.Equal((403, 40301), (await _host.GetAsync(Offsets, _host.Bearer())).Error);
    }

    [Fact]
    public async Task A_commit_of_all_that_was_delivered_tells_only_of_topics_that_may_be_described()
    {
        _host.Edge.Groups.Offsets = [new(new("copies", 0), 5), new(new("orders", 0), 5)];
        await _host.AllowAsync("User:ann", "GROUP g READ", "TOPIC orders DESCRIBE");

        var answer = await _host.SendAsync("POST", "/consumers/g/instances/i/offsets", _host.Bearer());

        Assert.Equal(200, answer.Status);
        Assert.Contains("orders", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("copies", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delivery_shows_only_topics_that_may_be_described()
    {
        var made = await _host.SendAsync(
            "PUT", $"{Cluster}/consumer-groups/g/delivery", AccessHost.AdminKey,
            """
            {"topics":["copies","orders"],"start":"earliest","target":{"type":"topic","name":"letters"},"dead_letter_topic":"letters","retry.attempts":3}
            """,
            Plain);
        Assert.True(made.Status == 201, made.Body);
        await _host.AllowAsync("User:ann", "GROUP g DESCRIBE", "GROUP g ALTER", "TOPIC orders DESCRIBE");
        const string Delivery = $"{Cluster}/consumer-groups/g/delivery";

        foreach (var answer in new[]
        {
            await _host.GetAsync(Delivery, _host.Bearer()), await _host.GetAsync($"{Cluster}/deliveries", _host.Bearer()),
            await _host.SendAsync("PATCH", Delivery, _host.Bearer(), """{"paused":true}""", Plain),
        })
        {
            Assert.Equal(200, answer.Status);
            Assert.Contains("orders", answer.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("copies", answer.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("letters", answer.Body, StringComparison.Ordinal);
        }

        var all = await _host.GetAsync(Delivery, AccessHost.AdminKey);
        Assert.Contains("copies", all.Body, StringComparison.Ordinal);
        Assert.Contains("letters", all.Body, StringComparison.Ordinal);
    }

    // Follows the links to the end.
    private async Task<List<string?>> WalkAsync(string url, string field, string hidden, params (string, object?)[] claims)
    {
        var found = new List<string?>();
        for (string? next = url; next is not null;)
        {
            var answer = await _host.GetAsync(next, _host.Bearer(claims));
            Assert.Equal(200, answer.Status);
            Assert.DoesNotContain(hidden, answer.Body, StringComparison.Ordinal);
            found.AddRange(answer.Json.GetProperty("data").EnumerateArray().Select(one => one.GetProperty(field).GetString()));
            next = answer.Json.GetProperty("metadata").GetProperty("next").GetString()?.Replace("https://host", "", StringComparison.Ordinal);
        }

        return found;
    }

    private static GroupDescription Group(string name) => new(name, "EMPTY", 1, "uniform", false, []);

    private static TransactionDescription Transaction(string id) =>
        new(id, "1-0", 1, 0, TransactionState.Empty, TimeSpan.FromMinutes(1), [], [], null, null);
}
