using System.Net;
using System.Text;
using Serverless.LocalHost;

namespace Serverless.Http.Access;

/// <summary>Access control from end to end: the local host, Azurite, an issuer over http.</summary>
public sealed class AccessTests(AccessFixture service) : IClassFixture<AccessFixture>
{
    private const string Cluster = "/v3/clusters/serverless";
    private const string Admin = AccessFixture.AdminKey;

    [Fact]
    public async Task From_the_first_ACL_to_its_revocation()
    {
        var topic = service.NewName("orders-");
        (await SendAsync("POST", $"{Cluster}/topics", null, $$"""{"topic_name":"{{topic}}"}""")).Must(401);
        (await SendAsync("POST", $"{Cluster}/topics", Admin, $$"""{"topic_name":"{{topic}}"}""")).Must(201);
        await AllowAsync("TOPIC", "orders-", "PREFIXED", "Role:producer", "WRITE");
        await AllowAsync("TOPIC", topic, "LITERAL", "Key:app", "READ");
        await AllowAsync("GROUP", "billing", "LITERAL", "Key:app", "READ");

        // A token with the role produces; one without does not.
        var producer = $"Bearer {service.Issuer.Token("ann", "producer")}";
        (await ProduceAsync(topic, producer)).Must(200);
        (await ProduceAsync(topic, $"Bearer {service.Issuer.Token("ann")}")).Must(403);

        // A key consumes, as a Kafka REST client would send it.
        var app = $"Basic {Convert.ToBase64String(Encoding.ASCII.GetBytes($"app:{AccessFixture.AppKey}"))}";
        (await SendAsync(
            "POST", "/consumers/billing", app, """{"name":"b1","format":"json","auto.offset.reset":"earliest"}""")).Must(200);
        (await SendAsync("POST", "/consumers/billing/instances/b1/subscription", app, $$"""{"topics":["{{topic}}"]}""")).Must(204);
        Assert.Single((await SendAsync("GET", "/consumers/billing/instances/b1/records", app)).Must(200).Node.AsArray());
        Assert.Equal([topic], (await SendAsync("GET", "/topics", app)).Must(200).Node.AsArray().Select(name => name!.GetValue<string>()));
        (await ProduceAsync(topic, app)).Must(403);

        // Another instance has the grant in its cache, and not for long when it is taken away.
        await using var other = await service.StartHostAsync();
        using var elsewhere = new HttpClient { BaseAddress = other.Address };
        Assert.Equal(HttpStatusCode.OK, await ProduceAtAsync(elsewhere, topic, producer));
        (await SendAsync("DELETE", $"{Cluster}/acls?resource_type=TOPIC&principal=Role:producer", Admin)).Must(200);
        (await ProduceAsync(topic, producer)).Must(403);
        await Task.Delay(AccessFixture.CacheAge);
        Assert.Equal(HttpStatusCode.Forbidden, await ProduceAtAsync(elsewhere, topic, producer));

        // And a consumer notices by its next poll.
        (await SendAsync("DELETE", $"{Cluster}/acls?resource_type=TOPIC&principal=Key:app", Admin)).Must(200);
        (await SendAsync("GET", "/consumers/billing/instances/b1/records", app)).Must(403);
    }

    [Fact]
    public async Task A_delivery_works_for_whom_may_make_it_though_nobody_shows_a_key_to_its_workers()
    {
        var (source, target) = (service.NewName("source"), service.NewName("target"));
        foreach (var topic in (string[])[source, target])
        {
            (await SendAsync("POST", $"{Cluster}/topics", Admin, $$"""{"topic_name":"{{topic}}"}""")).Must(201);
        }

        (await SendAsync(
            "PUT", $"{Cluster}/consumer-groups/copier/delivery", Admin,
            $$$"""{"topics":["{{{source}}}"],"start":"earliest","target":{"type":"topic","name":"{{{target}}}"}}""")).Must(201);
        (await ProduceAsync(source, Admin)).Must(200);

        var copied = 0;
        for (var deadline = DateTime.UtcNow.AddSeconds(30); copied == 0 && DateTime.UtcNow < deadline;)
        {
            var read = await SendAsync("GET", $"/topics/{target}/partitions/0/records?offset=0&timeout=500&isolation_level=read_committed", Admin);
            copied = read.Must(200).Node.AsArray().Count;
        }

        Assert.Equal(1, copied);
        (await SendAsync("DELETE", $"{Cluster}/consumer-groups/copier/delivery", Admin)).Must(204);
    }

    [Fact]
    public async Task The_start_says_how_to_get_in_and_a_service_that_nobody_could_use_does_not_start()
    {
        await using var open = await service.StartHostAsync(new Dictionary<string, string?>());

        Assert.Contains("access: open to whoever reaches it", StartMessage.Of(open, new LocalHostOptions()), StringComparison.Ordinal);
        Assert.Contains("access: as ACLs allow", StartMessage.Of(service.App, new LocalHostOptions()), StringComparison.Ordinal);
        Assert.Contains("x-functions-key: $KEY", StartMessage.Of(service.App, new LocalHostOptions()), StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<StartException>(
            () => service.StartHostAsync(new Dictionary<string, string?> { ["Access:Mode"] = "required" }));
        Assert.Contains("Access__Keys__<name>", refused.Message, StringComparison.Ordinal);
    }

    private async Task AllowAsync(string type, string name, string pattern, string principal, string operation) => (await SendAsync(
        "POST", $"{Cluster}/acls", Admin,
        $$"""{"resource_type":"{{type}}","resource_name":"{{name}}","pattern_type":"{{pattern}}","principal":"{{principal}}","host":"*","operation":"{{operation}}","permission":"ALLOW"}""")).Must(201);

    private Task<Answer> ProduceAsync(string topic, string caller) =>
        service.SendAsync("POST", $"/topics/{topic}", """{"records":[{"value":1}]}""", ServiceFixture.Json, null, Credentials(caller));

    private static async Task<HttpStatusCode> ProduceAtAsync(HttpClient http, string topic, string caller)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/topics/{topic}")
        {
            Content = new StringContent("""{"records":[{"value":1}]}""", new System.Net.Http.Headers.MediaTypeHeaderValue(ServiceFixture.Json)),
        };
        request.Headers.TryAddWithoutValidation("Authorization", caller);
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }

    private Task<Answer> SendAsync(string method, string path, string? caller, string? body = null)
    {
        var type = path.StartsWith("/v3", StringComparison.Ordinal) ? ServiceFixture.Plain : ServiceFixture.V2;
        var accept = path.Contains("/records", StringComparison.Ordinal) ? ServiceFixture.Json : null;
        return service.SendAsync(method, path, body, type, accept, caller is null ? [] : Credentials(caller));
    }

    private static (string, string)[] Credentials(string caller) =>
        [(caller.Contains(' ', StringComparison.Ordinal) ? "Authorization" : "x-functions-key", caller)];
}
