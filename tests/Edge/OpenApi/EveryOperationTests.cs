using System.Text;
using Serverless.Edge.Fakes;
using Serverless.Functions.Delivery;
using Serverless.Functions.Http;
using Xunit;

namespace Serverless.Edge.OpenApi;

/// <summary>Every operation is called for each of its kinds of answer: what has no call here has no proof of what the document says.</summary>
public sealed class EveryOperationTests
{
    private const string V3 = "/v3/clusters/serverless";
    private const string Member = "/consumers/g/instances/i", Group = $"{V3}/consumer-groups/g";

    private readonly EdgeHost _host = WholeHost.Start();

    [Fact]
    public async Task Each_succeeds_as_it_is_described()
    {
        await TopicsAsync();
        await ProduceAsync();
        await ConsumeAsync();
        await TransactionsAsync();
        await EffectsAsync();
        await DeliveriesAsync();
        await AccessAsync();
        await EndAsync();

        var listed = from operation in ApiDocument.Operations
                     from response in operation.Node.GetProperty("responses").EnumerateObject()
                     where response.Name[0] is '2' or '3'
                     select $"{operation.Id} {response.Name}";
        var called = _host.Called.Select(call => $"{call.Operation} {call.Status}");
        Assert.Empty(listed.Except(called));
    }

    [Fact]
    public async Task Each_refuses_as_it_is_described()
    {
        foreach (var operation in ApiDocument.Operations)
        {
            var url = operation.Path;
            foreach (var parameter in operation.Parameters.Where(parameter => parameter.GetProperty("in").GetString() == "path"))
            {
                url = url.Replace($"{{{parameter.GetProperty("name")}}}", $"{parameter.GetProperty("example")}", StringComparison.Ordinal);
            }

            await RefusedAsync(operation, $"{url}?nobody-knows=1", 400, TypeOf(operation));
            await RefusedAsync(operation, url, 406, [.. TypeOf(operation), ("Accept", "image/png")]);
            if (operation.RequestBody is not null && operation.Method != "GET")
            {
                await RefusedAsync(operation, url, 415, ("Content-Type", "text/plain"));
            }
        }

        async Task RefusedAsync(ApiOperation operation, string url, int status, params (string, string)[] headers)
        {
            var answer = await _host.SendAsync(operation.Method, url, operation.Method == "GET" ? null : "{}"u8.ToArray(), headers);
            Assert.True(answer.Status == status, $"{operation}: {answer.Status} instead of {status}");
        }
    }

    // The first of its types: what is wrong with a request's type comes before all else.
    private static (string, string)[] TypeOf(ApiOperation operation) => operation.RequestBody is { } body
        ? [("Content-Type", body.GetProperty("content").EnumerateObject().First().Name)]
        : [];

    private async Task AccessAsync()
    {
        const string Acl = """{"resource_type":"TOPIC","resource_name":"orders","principal":"User:app","operation":"READ","permission":"ALLOW"}""";
        const string OfCluster = """{"resource_type":"CLUSTER","pattern_type":"LITERAL","host":"*","principal":"Role:ops","operation":"ALL","permission":"DENY"}""";
        await JsonAsync(201, "POST", $"{V3}/acls", Acl);
        await JsonAsync(201, "POST", $"{V3}/acls:batch", $$"""{"data":[{{Acl}},{{OfCluster}}]}""");
        await ReadAsync($"{V3}/acls", $"{V3}/acls?resource_type=TOPIC&resource_name=orders&pattern_type=MATCH");
        await EmptyAsync(200, "DELETE", $"{V3}/acls?resource_type=ANY&permission=ALLOW");
    }

    private async Task TopicsAsync()
    {
        await JsonAsync(200, "POST", $"{V3}/topics", """{"topic_name":"orders","validate_only":true}""");
        await JsonAsync(201, "POST", $"{V3}/topics", """{"topic_name":"orders","partitions_count":2,"configs":[{"name":"retention.ms","value":"-1"}]}""");
        await JsonAsync(201, "POST", $"{V3}/topics", """{"topic_name":"letters"}""");
        await JsonAsync(200, "PATCH", $"{V3}/topics/orders", """{"partitions_count":3}""");
        await JsonAsync(204, "PUT", $"{V3}/topics/orders/configs/segment.ms", """{"value":"3600000"}""");
        await JsonAsync(204, "POST", $"{V3}/topics/orders/configs:alter", """{"data":[{"name":"segment.ms","operation":"DELETE"}]}""");
        await EmptyAsync(204, "DELETE", $"{V3}/topics/orders/configs/retention.ms");
        await ReadAsync(
            "/", "/brokers", "/topics", "/topics/orders", "/topics/orders/partitions", "/topics/orders/partitions/0", "/healthy", "/ready", "/health/live",
            "/health/ready",
            "/topics/orders/partitions/0/offsets", "/topics/orders/partitions/0/offsets?isolation_level=read_committed",
            "/v3/clusters", V3, $"{V3}/topics", $"{V3}/topics/orders", $"{V3}/topics/orders/partitions", $"{V3}/topics/orders/partitions/0",
            $"{V3}/topics/orders/partitions/0/offset", $"{V3}/topics/orders/configs", $"{V3}/topics/orders/configs/retention.ms");
        var document = await _host.GetAsync("/openapi.json");
        Assert.Equal(304, (await _host.GetAsync("/openapi.json", ("If-None-Match", document.Headers.ETag.ToString()))).Status);
    }

    private async Task ProduceAsync()
    {
        await SendAsync(200, "POST", "/topics/orders", """{"records":[{"key":"k","value":{"a":1.10},"headers":[{"key":"h","value":"YWJj"}]}]}""", MediaType.Json);
        await SendAsync(200, "POST", "/topics/orders/partitions/0", """{"records":[{"key":"azE=","value":null}]}""", MediaType.Binary);
        await SendAsync(200, "POST", "/topics/orders/partitions/0?format=json", """{"records":[{"value":[1]}]}""", MediaType.PlainJson);
        await JsonAsync(200, "POST", $"{V3}/topics/orders/records", """{"value":{"type":"JSON","data":1}} {"partition_id":9}""");
        var producer = await SendAsync(200, "POST", "/producers", "{}", MediaType.V2);
        await EmptyAsync(204, "DELETE", new Uri(producer.Json.GetProperty("base_uri").GetString()!).AbsolutePath);
        await ReadAsync("/topics/orders/partitions/0/records?offset=0&timeout=1", "/topics/orders/partitions/1/records?timestamp=0&timeout=1");
    }

    private async Task ConsumeAsync()
    {
        const string Offsets = """{"offsets":[{"topic":"orders","partition":0,"offset":0}]}""";
        const string Partitions = """{"partitions":[{"topic":"orders","partition":0}]}""";
        await V2Async(200, "POST", "/consumers/g", """{"name":"i","format":"json","auto.commit.enable":"false","fetch.min.bytes":1}""");
        await V2Async(204, "POST", $"{Member}/subscription", """{"topics":["orders"]}""");
        await ReadAsync($"{Member}/records?timeout=1&max_bytes=1000&min_bytes=1&max_records=10", $"{Member}/subscription", $"{Member}/assignments");
        await EmptyAsync(200, "POST", $"{Member}/heartbeat");
        await V2Async(204, "POST", $"{Member}/positions", Offsets);
        await V2Async(204, "POST", $"{Member}/positions/beginning", Partitions);
        await V2Async(204, "POST", $"{Member}/positions/end", Partitions);
        await V2Async(200, "POST", $"{Member}/offsets?async=true", Offsets);
        await ReadAsync(
            $"{Member}/positions", $"{Member}/offsets?partitions=orders:0", $"{Member}/lag", "/consumers/g/offsets", $"{V3}/consumer-groups",
            Group, $"{Group}/consumers", $"{Group}/consumers/i", $"{Group}/consumers/i/assignments", $"{Group}/lags", $"{Group}/lag-summary",
            $"{Group}/lags/orders/partitions/0");
        await EmptyAsync(204, "DELETE", $"{Member}/subscription");
        await V2Async(204, "POST", $"{Member}/assignments", Partitions);
        await EmptyAsync(204, "DELETE", Member);
        await V2Async(200, "POST", "/consumers/g/offsets", """{"offsets":[{"topic":"orders","partition":0,"to":"beginning"}],"timestamps":[]}""");
    }

    private async Task TransactionsAsync()
    {
        const string Records = """{"records":[{"value":"eA=="}]}""";
        var begun = await V2Async(200, "POST", "/transactions/t", """{"transaction.timeout.ms":60000}""");
        var at = new Uri(begun.Json.GetProperty("base_uri").GetString()!).AbsolutePath;
        await EmptyAsync(204, "POST", $"{at}/begin");
        await SendAsync(200, "POST", $"{at}/topics/orders?producer_epoch=0", Records, MediaType.Binary);
        await SendAsync(200, "POST", $"{at}/topics/orders/partitions/0", Records, MediaType.Binary);
        await V2Async(204, "POST", $"{at}/offsets", """{"group":"g","offsets":[{"topic":"orders","partition":1,"offset":0}]}""");
        await ReadAsync(at, $"{V3}/transactions", $"{V3}/transactions/t");
        await EmptyAsync(204, "POST", $"{at}/commit");
        await EmptyAsync(204, "POST", $"{at}/begin");
        await EmptyAsync(204, "POST", $"{at}/abort");
        await EmptyAsync(204, "POST", $"{V3}/transactions/t/abort");
        await EmptyAsync(204, "DELETE", at);
    }

    private async Task EffectsAsync()
    {
        var claim = await EmptyAsync(201, "PUT", "/effects/mails/1");
        await ReadAsync("/effects/mails/1");
        await JsonAsync(200, "PUT", "/effects/mails/1", $$"""{"fencing_token":{{claim.Json.GetProperty("fencing_token")}},"result":null}""");
        await ReadAsync("/effects/mails/1");
        var other = await V2Async(201, "PUT", "/effects/mails/2", """{"lease.ms":1000,"holder":"w"}""");
        await EmptyAsync(204, "DELETE", $"/effects/mails/2?fencing_token={other.Json.GetProperty("fencing_token")}");
    }

    private async Task DeliveriesAsync()
    {
        const string Settings = """
            {"topics":["orders"],"start":"latest","target":{"type":"topic","name":"letters","headers":{"kind":"copy"}},
             "retry.attempts":3,"dead_letter_topic":"letters","paused":true}
            """;
        await JsonAsync(201, "PUT", $"{Group}/delivery", Settings);
        await JsonAsync(200, "PUT", $"{Group}/delivery", Settings);
        await JsonAsync(200, "PATCH", $"{Group}/delivery", """{"paused":true}""");
        await ReadAsync($"{Group}/delivery", $"{V3}/deliveries", $"{V3}/deliveries?page_size=1&page_token=a");

        // As a worker writes them: topic, partition and group that it is from.
        await SendAsync(200, "POST", "/topics/letters", """
            {"records":[{"value":"eA==","headers":[{"key":"dead.letter.topic","value":"b3JkZXJz"},
             {"key":"dead.letter.partition","value":"MA=="},{"key":"dead.letter.group","value":"Zw=="}]}]}
            """, MediaType.Binary);
        await JsonAsync(200, "POST", $"{Group}/delivery/dead-letters:replay", """{"records":[{"partition":0,"offset":0}]}""");
        await EmptyAsync(204, "DELETE", $"{Group}/delivery");

        var body = """{"group":"nobodys","instance":"__delivery-1"}"""u8.ToArray();
        var signed = await _host.Service<WorkerSignature>().SignAsync(body, default);
        var run = await _host.SendAsync("POST", "/deliveries/workers", body, ("Content-Type", "application/json"), (WorkerSignature.Header, signed));
        Assert.Equal(200, run.Status);
    }

    private async Task EndAsync()
    {
        await EmptyAsync(204, "DELETE", Group);
        await EmptyAsync(204, "DELETE", $"{V3}/topics/orders");
    }

    private Task<Answer> V2Async(int status, string method, string url, string body) => SendAsync(status, method, url, body, MediaType.V2);

    private Task<Answer> JsonAsync(int status, string method, string url, string body) => SendAsync(status, method, url, body, MediaType.PlainJson);

    private Task<Answer> EmptyAsync(int status, string method, string url) => SendAsync(status, method, url, null, null);

    private async Task<Answer> SendAsync(int status, string method, string url, string? body, string? type)
    {
        var answer = await _host.SendAsync(
            method, url, body is null ? null : Encoding.UTF8.GetBytes(body), type is null ? [] : [("Content-Type", type)]);
        Assert.True(answer.Status == status, $"{method} {url}: {answer.Status} instead of {status}: {answer.Body}");
        return answer;
    }

    // HEAD is answered wherever GET is, and alike.
    private async Task ReadAsync(params string[] urls)
    {
        foreach (var url in urls)
        {
            await EmptyAsync(200, "GET", url);
            await EmptyAsync(200, "HEAD", url);
        }
    }
}
