using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Core.Access;
using Serverless.Edge.Fakes;
using Xunit;

namespace Serverless.Edge.Access;

public sealed class AclInterfaceTests
{
    private const string Acls = "/v3/clusters/serverless/acls";
    private const string Plain = "application/json";

    private readonly AccessHost _host = new();

    [Fact]
    public async Task An_ACL_is_added_listed_and_removed()
    {
        var created = await PostAsync(Acl());
        var again = await PostAsync(Acl());
        var listed = await SendAsync("GET", Acls);
        var removed = await SendAsync("DELETE", $"{Acls}?resource_type=topic&principal=User:ann");
        var rest = await SendAsync("GET", Acls);

        const string Self = "https://host/v3/clusters/serverless/acls?resource_type=TOPIC&resource_name=orders&pattern_type=LITERAL"
            + "&principal=User%3Aann&host=%2A&operation=READ&permission=ALLOW";
        const string Shown = $$"""{"kind":"KafkaAcl","metadata":{"self":"{{Self}}"},"cluster_id":"serverless","resource_type":"TOPIC","resource_name":"orders","pattern_type":"LITERAL","principal":"User:ann","host":"*","operation":"READ","permission":"ALLOW"}""";
        Assert.Equal((201, Shown, Self), (created.Status, created.Body, created.Headers.Location.ToString()));
        Assert.Equal((201, Shown), (again.Status, again.Body));
        Assert.Equal($$"""{"kind":"KafkaAclList","metadata":{"self":"https://host{{Acls}}","next":null},"data":[{{Shown}}]}""", listed.Body);
        Assert.Equal(200, removed.Status);
        Assert.Equal(Shown, Assert.Single(removed.Json.GetProperty("data").EnumerateArray()).GetRawText());
        Assert.Empty(rest.Json.GetProperty("data").EnumerateArray());
    }

    [Fact]
    public async Task Several_are_added_by_one_request_and_all_shown_by_their_own_address()
    {
        var batch = await _host.SendAsync(
            "POST", $"{Acls}:batch", AccessHost.AdminKey, $$"""{"data":[{{Acl()}},{{Acl(("principal", "Role:x"))}},{{Acl()}}]}""", Plain);

        Assert.Equal(201, batch.Status);
        Assert.Equal(2, batch.Json.GetProperty("data").GetArrayLength());
        foreach (var acl in batch.Json.GetProperty("data").EnumerateArray())
        {
            var self = new Uri(acl.GetProperty("metadata").GetProperty("self").GetString()!);
            var found = await SendAsync("GET", self.PathAndQuery);
            Assert.Equal(acl.GetRawText(), Assert.Single(found.Json.GetProperty("data").EnumerateArray()).GetRawText());
        }
    }

    [Theory]
    [InlineData("", 4)]
    [InlineData("?resource_type=ANY&pattern_type=ANY&operation=ANY&permission=ANY&host=any", 4)]
    [InlineData("?resource_type=TOPIC", 3)]
    [InlineData("?resource_type=GROUP", 1)]
    [InlineData("?resource_name=orders", 1)]
    [InlineData("?resource_name=orders&pattern_type=LITERAL", 1)]
    [InlineData("?resource_name=orders&pattern_type=PREFIXED", 0)]
    [InlineData("?resource_name=orders&pattern_type=MATCH", 3)]
    [InlineData("?resource_name=orders&pattern_type=match&resource_type=topic", 3)]
    [InlineData("?pattern_type=PREFIXED", 1)]
    [InlineData("?principal=User:bob", 1)]
    [InlineData("?operation=WRITE", 1)]
    [InlineData("?permission=DENY", 1)]
    [InlineData("?permission=DENY&operation=WRITE", 0)]
    public async Task A_list_is_narrowed_by_any_part(string query, int count)
    {
        await PostAsync(Acl());
        await PostAsync(Acl(("resource_name", "ord"), ("pattern_type", "PREFIXED"), ("operation", "WRITE")));
        await PostAsync(Acl(("resource_name", "*"), ("permission", "DENY")));
        await PostAsync(Acl(("resource_type", "GROUP"), ("resource_name", "g"), ("principal", "User:bob")));

        var listed = await SendAsync("GET", Acls + query);

        Assert.Equal((200, count), (listed.Status, listed.Json.GetProperty("data").GetArrayLength()));
    }

    [Theory]
    [InlineData("resource_type", "BROKER", "resource_type must be one of")]
    [InlineData("resource_type", "ANY", "resource_type must be one of")]
    [InlineData("pattern_type", "MATCH", "pattern_type must be one of")]
    [InlineData("operation", "IDEMPOTENT_WRITE", "operation must be one of")]
    [InlineData("operation", "CLUSTER_ACTION", "operation must be one of")]
    [InlineData("permission", "ANY", "permission must be one of")]
    [InlineData("host", "10.0.0.1", "host must be *")]
    [InlineData("principal", "ann", "principal")]
    [InlineData("principal", "User:", "principal")]
    [InlineData("principal", "Role:*", "only User:*")]
    [InlineData("principal", "User:a\\nb", "principal")]
    [InlineData("resource_name", "a/b", "resource_name")]
    [InlineData("resource_name", "", "resource_name")]
    [InlineData("resource_name", "x' or PartitionKey ne '", "resource_name")]
    public async Task What_can_be_no_ACL_is_refused_with_a_word_on_what_is_wrong(string field, string value, string why)
    {
        var answer = await PostAsync(Acl((field, value)));

        Assert.Equal((400, 400), answer.Error);
        Assert.Contains(why, answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GROUP", "g", "WRITE")]
    [InlineData("GROUP", "g", "ALTER_CONFIGS")]
    [InlineData("TRANSACTIONAL_ID", "t", "READ")]
    [InlineData("CLUSTER", "kafka-cluster", "READ")]
    [InlineData("CLUSTER", "other", "ALTER")]
    public async Task What_nothing_would_ever_ask_for_is_refused(string type, string name, string operation)
    {
        Assert.Equal((400, 400), (await PostAsync(Acl(("resource_type", type), ("resource_name", name), ("operation", operation)))).Error);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"resource_type\":\"TOPIC\"}")]
    [InlineData("{\"resource_type\":7}")]
    [InlineData("{\"resource_type\":null}")]
    [InlineData("{\"owner\":\"me\"}")]
    public async Task A_body_that_is_no_ACL_is_refused(string body)
    {
        Assert.Equal((400, 400), (await PostAsync(body)).Error);
        Assert.Equal((400, 400), (await _host.SendAsync("POST", $"{Acls}:batch", AccessHost.AdminKey, $$"""{"data":[{{body}}]}""", Plain)).Error);
    }

    [Theory]
    [InlineData("DELETE", "")]
    [InlineData("DELETE", "?resource_name=x")]
    [InlineData("DELETE", "?resource_type=topics")]
    [InlineData("GET", "?resource_type=BROKER")]
    [InlineData("GET", "?pattern_type=MATCH")]
    [InlineData("GET", "?host=10.0.0.1")]
    [InlineData("GET", "?owner=me")]
    [InlineData("GET", "?principal=User:a&principal=User:b")]
    public async Task A_filter_that_says_nothing_that_can_be_is_refused(string method, string query)
    {
        await PostAsync(Acl());

        Assert.Equal((400, 400), (await SendAsync(method, Acls + query)).Error);
        Assert.Equal(1, (await SendAsync("GET", Acls)).Json.GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task Of_another_cluster_there_are_none()
    {
        Assert.Equal((404, 404), (await SendAsync("GET", "/v3/clusters/other/acls")).Error);
        Assert.Equal((422, 422), (await _host.SendAsync("POST", Acls, AccessHost.AdminKey, "", Plain)).Error);
        Assert.Equal((415, 415), (await _host.SendAsync("POST", Acls, AccessHost.AdminKey, Acl(), "text/plain")).Error);
    }

    [Fact]
    public async Task Here_a_change_counts_at_once_and_elsewhere_when_the_cache_is_old()
    {
        var other = new AccessHost(configure: services => services.AddSingleton(_host.Edge.Rows));
        var token = _host.Bearer();

        await PostAsync(Acl());
        Assert.Equal(200, (await ReadAsync(_host, token)).Status);
        Assert.Equal(200, (await ReadAsync(other, token)).Status);

        await SendAsync("DELETE", $"{Acls}?resource_type=ANY");
        Assert.Equal(403, (await ReadAsync(_host, token)).Status);
        Assert.Equal(200, (await ReadAsync(other, token)).Status);

        other.Edge.Clock.Advance(AclCache.AgeMax);
        Assert.Equal(403, (await ReadAsync(other, token)).Status);
    }

    [Fact]
    public async Task While_ACLs_cannot_be_read_nobody_but_super_users_is_let_through()
    {
        var host = new AccessHost(configure: services => services.AddSingleton(provider => new AclCache(
            new Acls(new FailingStores(null!, null!) { IsDead = true }, TimeProvider.System, new Random(1)), TimeProvider.System, AclCache.AgeMax)));

        Assert.Equal((500, 50003), (await host.GetAsync("/brokers", host.Bearer())).Error);
        Assert.Equal(200, (await host.GetAsync("/brokers", AccessHost.AdminKey)).Status);
    }

    private static Task<Answer> ReadAsync(AccessHost host, string token) =>
        host.GetAsync("/topics/orders/partitions/0/records?offset=0&timeout=1", token);

    private Task<Answer> SendAsync(string method, string url) => _host.SendAsync(method, url, AccessHost.AdminKey);

    private Task<Answer> PostAsync(string body) => _host.SendAsync("POST", Acls, AccessHost.AdminKey, body, Plain);

    private static string Acl(params (string Field, string Value)[] changes)
    {
        var fields = new Dictionary<string, string>
        {
            ["resource_type"] = "TOPIC", ["resource_name"] = "orders", ["pattern_type"] = "LITERAL", ["principal"] = "User:ann", ["host"] = "*",
            ["operation"] = "READ", ["permission"] = "ALLOW",
        };
        foreach (var (field, value) in changes)
        {
            fields[field] = value;
        }

        return JsonSerializer.Serialize(fields).Replace("\\\\n", "\\n", StringComparison.Ordinal);
    }
}
