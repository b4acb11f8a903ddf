using Serverless.Core;
using Serverless.Core.Transactions;
using Serverless.Edge.Fakes;
using Serverless.Functions.Http;
using Xunit;

namespace Serverless.Edge;

public sealed class V3TransactionTests
{
    private const string Url = "/v3/clusters/serverless/transactions";

    private readonly EdgeHost _host = new();

    [Fact]
    public async Task A_transactional_id_is_shown_whoever_has_it()
    {
        var started = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000);
        _host.Transactions.Listed =
        [
            ScriptedTransactions.Described("copy 1", TransactionState.Ongoing) with
            {
                Partitions = [new("t", 0)], Groups = ["g"], StartedAt = started, ExpiresAt = started.AddMinutes(1),
            },
        ];

        var one = await _host.V3Async("GET", $"{Url}/copy%201/");
        var list = await _host.V3Async("GET", Url);
        var head = await _host.V3Async("HEAD", $"{Url}/copy%201");

        Assert.Equal(
            """{"kind":"KafkaTransaction","metadata":{"self":"https://host/v3/clusters/serverless/transactions/copy%201","resource_name":"crn:///kafka=serverless/transaction=copy%201"},"cluster_id":"serverless","transactional_id":"copy 1","instance_id":"4001-3","transaction_timeout_ms":60000,"started_at":"2023-11-14T22:13:20.000Z","state":"ongoing","producer_id":4001,"producer_epoch":3,"partitions":[{"topic":"t","partition":0}],"groups":["g"],"expires_at":"2023-11-14T22:14:20.000Z","coordinator":{"related":"https://host/v3/clusters/serverless/brokers/0"}}""",
            one.Body);
        Assert.Equal((200, ""), (head.Status, head.Body));
        Assert.Equal("KafkaTransactionList", list.Json.GetProperty("kind").GetString());
        Assert.Equal(one.Body, Assert.Single(list.Json.GetProperty("data").EnumerateArray()).GetRawText());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, list.Json.GetProperty("metadata").GetProperty("next").ValueKind);
        Assert.Equal(MediaType.PlainJson, list.ContentType);
    }

    [Fact]
    public async Task The_list_goes_on_behind_the_last_one_shown()
    {
        _host.Transactions.Listed = [.. "a b,c,d".Split(',').Select(id => ScriptedTransactions.Described(id, TransactionState.Empty))];

        var first = await _host.V3Async("GET", $"{Url}?page_size=1");
        var next = first.Json.GetProperty("metadata").GetProperty("next").GetString();
        var second = await _host.V3Async("GET", next!["https://host".Length..].Replace("page_size=1", "page_size=2", StringComparison.Ordinal));

        Assert.Equal($"https://host{Url}?page_size=1&page_token=a%20b", next);
        Assert.Equal(["c", "d"], second.Json.GetProperty("data").EnumerateArray().Select(one => one.GetProperty("transactional_id").GetString()));
        Assert.Equal([null, 1, "a b", 2], _host.Transactions.Calls.SelectMany(call => call.Arguments));
    }

    [Fact]
    public async Task Whatever_is_open_is_aborted()
    {
        var aborted = await _host.V3Async("POST", $"{Url}/t1/abort/");
        _host.Transactions.Error = ErrorCode.UnknownProducerId;
        var unknown = await _host.V3Async("POST", $"{Url}/t1/abort");

        Assert.Equal((204, ""), (aborted.Status, aborted.Body));
        Assert.Equal(("abort id", "t1"), (_host.Transactions.Calls[0].Operation, _host.Transactions.Calls[0].Arguments[0]));
        Assert.Equal((404, 40450), unknown.Error);
        Assert.Equal(MediaType.PlainJson, unknown.ContentType);
    }

    [Theory]
    [InlineData("GET", "/none", 404, 40450)]
    [InlineData("GET", "/a%2Fb", 422, 42204)]
    [InlineData("POST", "/a%2Fb/abort", 422, 42204)]
    [InlineData("GET", "?page_size=0", 400, 400)]
    [InlineData("GET", "?page_size=1001", 400, 400)]
    [InlineData("GET", "?page_token=a%2Fb", 400, 400)]
    [InlineData("GET", "?page_token=", 400, 400)]
    [InlineData("GET", "?state=ongoing", 400, 400)]
    public async Task A_bad_question_is_refused(string method, string path, int status, int code) =>
        Assert.Equal((status, code), (await _host.V3Async(method, Url + path)).Error);

    [Fact]
    public async Task Another_cluster_has_no_transactions()
    {
        Assert.Equal((404, 404), (await _host.V3Async("GET", "/v3/clusters/other/transactions")).Error);
        Assert.Equal((404, 404), (await _host.V3Async("GET", "/v3/clusters/other/transactions/t1")).Error);
        Assert.Equal((404, 404), (await _host.V3Async("POST", "/v3/clusters/other/transactions/t1/abort")).Error);
        Assert.Empty(_host.Transactions.Calls);
    }
}
