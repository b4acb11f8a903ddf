using System.Text;

namespace Serverless.Http.BadInput;

/// <summary>A request as it goes over the wire, before it is turned into something else.</summary>
public sealed record WireRequest(string Method, string Path, string? Body, string? ContentType, string? Accept)
{
    public async Task<Answer> SendAsync(ServiceFixture service)
    {
        // As it is: the client must not tidy the path up.
        var path = string.Concat(Path.Select(c => c is > ' ' and < '\u007f' ? c.ToString() : Uri.EscapeDataString(c.ToString())));
        var uri = new Uri(
            $"{service.App.Address.GetLeftPart(UriPartial.Authority)}/{path.TrimStart('/')}",
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(new HttpMethod(Method), uri);
        if (Body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        }

        if (Accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", Accept);
        }

        using var response = await service.Client.SendAsync(request);
        return await Answer.ReadAsync(response);
    }

    public override string ToString() => $"{Method} {Path} [{ContentType}] [{Accept}] {Body}";
}

/// <summary>One good request of every kind, for mutation: each works on the log of <see cref="BadInputFixture"/>.</summary>
public static class ValidRequests
{
    private const string Cluster = "/v3/clusters/serverless";

    private const string Transaction = BadInputFixture.Transaction;

    public static IReadOnlyList<WireRequest> All { get; } =
    [
        Get("/"), Get("/brokers"), Get("/healthy"), Get("/topics"), Get("/topics/orders"), Get("/topics/orders/partitions"),
        Get("/topics/orders/partitions/0"), Get("/topics/orders/partitions/1/offsets?isolation_level=read_committed"),
        Get("/topics/orders/partitions/0/records?offset=1&timeout=1&max_bytes=65536", ServiceFixture.Json),
        Get("/topics/orders/partitions/0/records?timestamp=0&max_records=2", ServiceFixture.Binary),
        new("POST", "/topics/orders", """{"records":[{"key":"k1","value":{"total":12.50}},{"value":[1,2],"partition":1,"timestamp":1700000000000,"headers":[{"key":"trace","value":"YWJj"},{"key":"trace","value":null}]}]}""", ServiceFixture.Json, ServiceFixture.V2),
        new("POST", "/topics/orders", """{"records":[{"key":"azE=","value":"eyJhIjoxfQ=="},{"value":null}],"key_schema":null}""", ServiceFixture.Binary, null),
        new("POST", "/topics/orders/partitions/0?format=json", """{"records":[{"value":"\u00e9\ud83d\ude00"}]}""", "application/json; charset=utf-8", "*/*"),
        Post("/producers", "{}"),
        new("POST", "/topics/orders", """{"producer":{"id":3,"epoch":0,"base_sequence":17},"records":[{"value":1}]}""", ServiceFixture.Json, null),
        new("DELETE", "/producers/3", null, null, null),
        new("POST", "/consumers/mutants", """{"format":"json","auto.offset.reset":"earliest","auto.commit.enable":"false","fetch.min.bytes":1,"consumer.request.timeout.ms":1,"session.timeout.ms":"6000","isolation.level":"read_committed"}""", ServiceFixture.V2, null),
        new("POST", "/consumers/mutants", """{"name":"m1","replace":true,"partition.assignment.strategy":"range","delivery.mode":"at_most_once","group.instance.id":"s"}""", ServiceFixture.V2, null),
        Post("/consumers/shop/instances/clerk/subscription", """{"topics":["orders","absent"]}"""),
        Post("/consumers/shop/instances/clerk/subscription", """{"topic_pattern":"ord.*|[a-z]{2,5}-\\d+"}"""),
        Get("/consumers/shop/instances/clerk/subscription"),
        Post("/consumers/audit/instances/reader/assignments", """{"partitions":[{"topic":"orders","partition":0},{"topic":"orders","partition":1}]}"""),
        Get("/consumers/audit/instances/reader/assignments"),
        Post("/consumers/audit/instances/reader/positions", """{"offsets":[{"topic":"orders","partition":0,"offset":1}],"timestamps":[{"topic":"orders","partition":1,"timestamp":"2024-01-01T00:00:00Z"}]}"""),
        Post("/consumers/audit/instances/reader/positions/beginning", """{"partitions":[{"topic":"orders","partition":0}]}"""),
        Post("/consumers/audit/instances/reader/positions/end", """{"partitions":[{"topic":"orders","partition":1}]}"""),
        Get("/consumers/audit/instances/reader/positions"), Get("/consumers/audit/instances/reader/lag"),
        Post("/consumers/audit/instances/reader/offsets?async=true", """{"offsets":[{"topic":"orders","partition":0,"offset":1,"metadata":"m"}]}"""),
        Post("/consumers/shop/instances/clerk/offsets", """{"partitions":[{"topic":"orders","partition":0,"next_offset":2}]}"""),
        new("GET", "/consumers/shop/instances/clerk/offsets", """{"partitions":[{"topic":"orders","partition":0}]}""", ServiceFixture.V2, null),
        Get("/consumers/shop/instances/clerk/offsets?partitions=orders:0,orders:1"),
        Get("/consumers/audit/instances/reader/records?timeout=1&max_bytes=100&min_bytes=-1&max_records=2", ServiceFixture.Json),
        Get("/consumers/shop/instances/clerk/records", "*/*"),
        Post("/consumers/shop/instances/clerk/heartbeat", ""),
        Get("/consumers/shop/offsets?partitions=orders:0"),
        Post("/consumers/idle/offsets", """{"offsets":[{"topic":"orders","partition":0,"to":"end"},{"topic":"orders","partition":1,"next_offset":1}]}"""),
        new("DELETE", "/consumers/mutants/instances/m1", null, null, null),
        Post("/transactions/mutants", """{"transaction.timeout.ms":"1000"}"""), Get($"{Transaction}"),
        Post($"{Transaction}/begin", ""), Post($"{Transaction}/begin?producer_epoch=0", "{}"),
        new("POST", $"{Transaction}/topics/orders?producer_epoch=0", """{"records":[{"key":"k1","value":1},{"value":2,"partition":1}]}""", ServiceFixture.Json, null),
        new("POST", $"{Transaction}/topics/orders/partitions/0", """{"records":[{"value":"MQ=="}]}""", ServiceFixture.Binary, null),
        Post($"{Transaction}/offsets", """{"group":"mutants","instance":null,"offsets":[{"topic":"orders","partition":0,"offset":1,"metadata":"m"}]}"""),
        Post($"{Transaction}/abort?producer_epoch=0", ""),
        Post($"{BadInputFixture.Committing}/begin", ""), Post($"{BadInputFixture.Committing}/commit", "{}"),
        new("PUT", "/effects/mails/order-17", """{"lease.ms":1000,"holder":"worker-1"}""", ServiceFixture.V2, null), Get("/effects/mails/order-17"),
        new("PUT", "/effects/mails/order-17", """{"fencing_token":1700000000000,"result":{"total":12.50,"ids":[1,null]}}""", ServiceFixture.V2, null),
        new("DELETE", "/effects/mails/order-17?fencing_token=1700000000000", null, null, null),
        Get($"{Cluster}/transactions?page_size=2&page_token=a"), Get($"{Cluster}/transactions/mutant"),
        V3("POST", "/transactions/mutant/abort", ""), Get("/topics/__consumer_offsets/partitions/3/records?offset=0&timeout=1", ServiceFixture.Binary),
        Get("/v3/clusters"), Get(Cluster), Get($"{Cluster}/topics"), Get($"{Cluster}/topics/orders"),
        V3("POST", "/topics", """{"topic_name":"orders","partitions_count":3,"replication_factor":1,"configs":[{"name":"retention.ms","value":"1000"}],"validate_only":true}"""),
        V3("PATCH", "/topics/orders", """{"partitions_count":2}"""), Get($"{Cluster}/topics/orders/partitions/0/offset?offset_type=earliest_and_latest"),
        Get($"{Cluster}/topics/orders/configs"), Get($"{Cluster}/topics/orders/configs/retention.ms"),
        V3("PUT", "/topics/orders/configs/retention.ms", """{"value":"86400000"}"""),
        V3("POST", "/topics/orders/configs:alter", """{"data":[{"name":"retention.ms","value":"86400000"},{"name":"segment.ms","operation":"DELETE"}],"validate_only":false}"""),
        V3("POST", "/topics/orders/records", """{"partition_id":0,"timestamp":"2024-01-01T00:00:00Z","headers":[{"name":"h","value":"YWJj"}],"key":{"type":"BINARY","data":"azE="},"value":{"type":"JSON","data":{"a":1}}}{"value":{"type":"STRING","data":"x"}}"""),
        Get($"{Cluster}/consumer-groups/shop"), Get($"{Cluster}/consumer-groups/shop/consumers/clerk/assignments"),
        Get($"{Cluster}/consumer-groups/shop/lags/orders/partitions/0"), Get($"{Cluster}/consumer-groups/shop/lag-summary"),
    ];

    private static WireRequest Get(string path, string? accept = null) => new("GET", path, null, null, accept);

    private static WireRequest Post(string path, string body) => new("POST", path, body, ServiceFixture.V2, null);

    private static WireRequest V3(string method, string path, string body) => new(method, Cluster + path, body, ServiceFixture.Plain, null);
}
