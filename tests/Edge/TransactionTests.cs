using System.Text;
using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;
using Serverless.Edge.Fakes;
using Serverless.Functions.Http;
using Xunit;

namespace Serverless.Edge;

public sealed class TransactionTests
{
    private const string Base = "/transactions/t1/instances/4001-3";
    private const string Epoch = "Kafka-Producer-Epoch";
    private const string Records = """{"records":[{"value":1}]}""";
    private const string Offsets = """{"group":"g","offsets":[{"topic":"t","partition":0,"offset":20}]}""";

    private readonly EdgeHost _host = new();

    public TransactionTests() => _host.Topics.Add("t", 2);

    private (string Operation, object?[] Arguments) Asked => Assert.Single(_host.Transactions.Calls);

    [Theory]
    [InlineData(null, null)]
    [InlineData(" ", null)]
    [InlineData("{}", null)]
    [InlineData("""{"transaction.timeout.ms":null}""", null)]
    [InlineData("""{"transaction.timeout.ms":1}""", 1)]
    [InlineData("""{"transaction.timeout.ms":"60000"}""", 60_000)]
    [InlineData("""{"transaction.timeout.ms":2147483647}""", int.MaxValue)]
    public async Task Init_tells_the_instance_and_where_it_is(string? body, int? timeout)
    {
        var answer = await _host.PostAsync("/transactions/my%20id/", body, body is null ? null : MediaType.PlainJson);

        Assert.Equal((200, MediaType.V2), (answer.Status, answer.ContentType));
        Assert.Equal(
            """{"instance_id":"4001-3","base_uri":"https://host/transactions/my%20id/instances/4001-3","producer_id":4001,"producer_epoch":3}""",
            answer.Body);
        Assert.Equal("3", answer.Headers[Epoch]);
        Assert.Equal("init", Asked.Operation);
        Assert.Equal(["my id", timeout is { } ms ? TimeSpan.FromMilliseconds(ms) : null], Asked.Arguments);
    }

    [Theory]
    [InlineData("""{"transaction.timeout.ms":0}""", 42204)]
    [InlineData("""{"transaction.timeout.ms":-1}""", 42204)]
    [InlineData("""{"transaction.timeout.ms":2147483648}""", 42204)]
    [InlineData("""{"transaction.timeout.ms":31536000000}""", 42204)]
    [InlineData("""{"transaction.timeout.ms":9223372036854775808}""", 42204)]
    [InlineData("""{"transaction.timeout.ms":1.0}""", 42204)]
    [InlineData("""{"transaction.timeout.ms":1e3}""", 42204)]
    [InlineData("""{"transaction.timeout.ms":"01"}""", 42204)]
    [InlineData("""{"transaction.timeout.ms":true}""", 42204)]
    [InlineData("""{"transaction.timeout.ms":[1]}""", 42204)]
    [InlineData("""{"transaction.timeout":1}""", 42204)]
    [InlineData("""{"transaction.timeout.ms":0,"transaction.timeout.ms":1}""", 400)]
    [InlineData("""{"transaction.timeout.ms":0""", 400)]
    [InlineData("""{} {}""", 400)]
    [InlineData("[]", 400)]
    [InlineData("null", 400)]
    public async Task Init_with_a_bad_configuration_begins_nothing(string body, int code)
    {
        var answer = await _host.PostAsync("/transactions/t1", body);

        Assert.Equal((code == 400 ? 400 : 422, code), answer.Error);
        Assert.Empty(_host.Transactions.Calls);
    }

    [Theory]
    [InlineData("begin", "begin", "3")]
    [InlineData("commit", "commit", "4")]
    [InlineData("abort", "abort", "4")]
    public async Task A_bare_step_is_taken_in_the_transaction_that_it_names(string path, string operation, string epoch)
    {
        var plain = await _host.PostAsync($"{Base}/{path}/", null, type: null);
        var named = await _host.PostAsync($"{Base}/{path}?producer_epoch=32767", "{}");

        Assert.Equal((204, 204, ""), (plain.Status, named.Status, plain.Body));
        Assert.All([plain, named], answer => Assert.Equal(epoch, answer.Headers[Epoch]));
        Assert.Equal(
            [(operation, new TransactionStep("t1", "4001-3")), (operation, new TransactionStep("t1", "4001-3", 32767))],
            _host.Transactions.Calls.Select(call => (call.Operation, (TransactionStep)call.Arguments[0]!)));
    }

    [Fact]
    public async Task An_end_that_knows_no_epoch_tells_none()
    {
        _host.Transactions.NextEpoch = null;

        Assert.False((await _host.PostAsync($"{Base}/commit", null)).Headers.ContainsKey(Epoch));
    }

    [Theory]
    [InlineData("begin")]
    [InlineData("commit")]
    [InlineData("abort")]
    public async Task A_bare_step_says_nothing_else(string path)
    {
        Assert.Equal((422, 422), (await _host.PostAsync($"{Base}/{path}", """{"producer_epoch":3}""")).Error);
        Assert.Equal((400, 400), (await _host.PostAsync($"{Base}/{path}", "[]")).Error);
        Assert.Equal((400, 400), (await _host.PostAsync($"{Base}/{path}", "{")).Error);
        Assert.Equal((415, 415), (await _host.PostAsync($"{Base}/{path}", "{}", "text/plain")).Error);
        Assert.Empty(_host.Transactions.Calls);
    }

    [Theory]
    [InlineData("begin", null)]
    [InlineData("commit", null)]
    [InlineData("abort", null)]
    [InlineData("offsets", Offsets)]
    [InlineData("topics/t", Records)]
    [InlineData("topics/t/partitions/0", Records)]
    public async Task The_query_of_a_step_is_checked(string path, string? body)
    {
        var type = path.StartsWith("topics", StringComparison.Ordinal) ? MediaType.Json : MediaType.V2;
        foreach (var query in (string[])
            ["producer_epoch=32768", "producer_epoch=-1", "producer_epoch=01", "producer_epoch=", "producer_epoch=1.0",
             "producer_epoch=1&producer_epoch=1", "producer_epoch[]=1", "epoch=1", "x=%zz"])
        {
            Assert.Equal((400, 400), (await _host.PostAsync($"{Base}/{path}?{query}", body, type)).Error);
        }

        Assert.Empty(_host.Transactions.Calls);
        Assert.InRange((await _host.PostAsync($"{Base}/{path}?producer_epoch=0", body, type)).Status, 200, 204);
        Assert.Equal((short)0, ((TransactionStep)Asked.Arguments[0]!).Epoch!.Value);
    }

    [Fact]
    public async Task Records_are_added_as_they_are_produced()
    {
        var json = await _host.ProduceAsync($"{Base}/topics/t/?producer_epoch=3", """{"records":[{"key":"k","value":{"a":1.50}},{"value":2,"partition":1}]}""");
        var binary = await _host.ProduceAsync($"{Base}/topics/t/partitions/1", """{"records":[{"value":"AAE="}]}""", MediaType.Binary);
        var plain = await _host.ProduceAsync($"{Base}/topics/t?format=json", Records, MediaType.PlainJson);

        Assert.Equal(
            """{"offsets":[{"partition":0,"offset":0,"error_code":null,"error":null},{"partition":0,"offset":1,"error_code":null,"error":null}],"key_schema_id":null,"value_schema_id":null}""",
            json.Body);
        Assert.Equal((200, 200, 200, MediaType.V2), (json.Status, binary.Status, plain.Status, json.ContentType));
        var (first, second) = (_host.Transactions.Calls[0].Arguments, _host.Transactions.Calls[1].Arguments);
        Assert.Equal((new TransactionStep("t1", "4001-3", 3), "t", null), (first[0], ((Topic)first[1]!).Name, first[3]));
        var records = (IReadOnlyList<ProduceRecord>)first[2]!;
        Assert.Equal(["""{"a":1.50}""", "2"], records.Select(record => Encoding.UTF8.GetString(record.Value!.Value.Span)));
        Assert.Equal([null, 1], records.Select(record => record.Partition));
        Assert.Equal(1, Assert.Single((IReadOnlyList<ProduceRecord>)second[2]!).Partition);
    }

    [Theory]
    [InlineData("topics/t", """{"records":[]}""", 422)]
    [InlineData("topics/t", """{"records":[{"valur":1}]}""", 422)]
    [InlineData("topics/t", """{"records":{}}""", 400)]
    [InlineData("topics/t", "", 422)]
    [InlineData("topics/t", "{", 400)]
    [InlineData("topics/none", Records, 40401)]
    [InlineData("topics/a%20b", Records, 40401)]
    [InlineData("topics/t/partitions/0", """{"records":[{"value":1,"partition":1}]}""", 422)]
    [InlineData("topics/t/partitions/2", Records, 40402)]
    [InlineData("topics/t/partitions/-1", Records, 40402)]
    [InlineData("topics/t/partitions/2147483648", Records, 40402)]
    [InlineData("topics/t/partitions/x", Records, 404)]
    [InlineData("topics/t/partitions/x", "{", 404)]
    public async Task Bad_records_are_not_added(string path, string body, int code)
    {
        var answer = await _host.ProduceAsync($"{Base}/{path}", body);

        Assert.Equal((code < 1000 ? code : code / 100, code), answer.Error);
        Assert.Empty(_host.Transactions.Calls);
    }

    [Fact]
    public async Task Records_need_the_type_that_says_how_they_are_written()
    {
        Assert.Equal((415, 415), (await _host.PostAsync($"{Base}/topics/t", Records, MediaType.V2)).Error);
        Assert.Equal((415, 415), (await _host.PostAsync($"{Base}/topics/t/partitions/0", Records, type: null)).Error);
        Assert.Equal((406, 406), (await _host.SendAsync(
            "POST", $"{Base}/topics/t", Encoding.UTF8.GetBytes(Records), ("Content-Type", MediaType.Json), ("Accept", "image/png"))).Error);
        Assert.Empty(_host.Transactions.Calls);
    }

    [Fact]
    public async Task Records_that_fail_by_themselves_are_told_one_by_one()
    {
        _host.Transactions.Outcomes =
            [new(ErrorCode.None, 0, 7, 1), ProduceOutcome.Failed(ErrorCode.InvalidProducerEpoch), ProduceOutcome.Failed(ErrorCode.MessageTooLarge)];
        var mixed = await _host.ProduceAsync($"{Base}/topics/t", Records);
        _host.Transactions.Outcomes = [ProduceOutcome.Failed(ErrorCode.InvalidTxnState)];
        var none = await _host.ProduceAsync($"{Base}/topics/t", Records);

        Assert.Equal(200, mixed.Status);
        Assert.Equal(
            [null, 40951, 413],
            mixed.Json.GetProperty("offsets").EnumerateArray().Select(one => one.GetProperty("error_code"))
                .Select(code => code.ValueKind == System.Text.Json.JsonValueKind.Null ? (int?)null : code.GetInt32()));
        Assert.Equal((409, 40953), none.Error);
        Assert.Equal(1, none.Json.GetProperty("offsets").GetArrayLength());
    }

    [Fact]
    public async Task Offsets_are_those_of_the_last_records_processed()
    {
        var answer = await _host.PostAsync($"{Base}/offsets/?producer_epoch=3", """
            {"group":"my group","instance":"c1","offsets":[{"topic":"t","partition":0,"offset":20,"metadata":"m"},
             {"topic":"t","partition":1,"offset":5},{"topic":"u","partition":0,"next_offset":9},{"topic":"t","partition":1,"offset":-1}]}
            """);

        Assert.Equal((204, ""), (answer.Status, answer.Body));
        Assert.Equal([new TransactionStep("t1", "4001-3", 3), "my group", "c1"], Asked.Arguments[..3]);
        Assert.Equal(
            [new GroupOffset(new("t", 0), 21, "m"), new(new("t", 1), 0), new(new("u", 0), 9)],
            (IReadOnlyList<GroupOffset>)Asked.Arguments[3]!);
    }

    [Fact]
    public async Task The_names_that_deliveries_use_are_no_clients()
    {
        (string Path, string? Body)[] refused =
        [
            ("/transactions/__delivery.abc", null),
            ("/transactions/__delivery.abc/instances/1-0/begin", null),
            ("/transactions/__delivery.abc/instances/1-0/topics/t", Records),
            ($"{Base}/offsets", """{"group":"g","instance":"__delivery-1","offsets":[{"topic":"t","partition":0,"offset":20}]}"""),
        ];
        foreach (var (path, body) in refused)
        {
            var answer = await _host.PostAsync(path, body, body == Records ? MediaType.Json : MediaType.PlainJson);
            Assert.Equal((422, 42204), answer.Error);
            Assert.Contains("__delivery", answer.Body, StringComparison.Ordinal);
        }

        Assert.Empty(_host.Transactions.Calls);
    }

    [Fact]
    public async Task Offsets_need_no_consumer_and_may_be_none()
    {
        Assert.Equal(204, (await _host.PostAsync($"{Base}/offsets", """{"offsets":[],"instance":null,"group":"g"}""")).Status);

        Assert.Equal(["g", null], Asked.Arguments[1..3]);
        Assert.Empty((IReadOnlyList<GroupOffset>)Asked.Arguments[3]!);
    }

    [Theory]
    [InlineData(null, 422)]
    [InlineData("{}", 422)]
    [InlineData("""{"group":"g"}""", 422)]
    [InlineData("""{"offsets":[]}""", 422)]
    [InlineData("""{"group":null,"offsets":[]}""", 422)]
    [InlineData("""{"group":"g","offsets":null}""", 422)]
    [InlineData("""{"group":"g","offsets":{}}""", 422)]
    [InlineData("""{"group":"g","partitions":[]}""", 422)]
    [InlineData("""{"group":"","offsets":[]}""", 42204)]
    [InlineData("""{"group":"a/b","offsets":[]}""", 42204)]
    [InlineData("""{"group":"..","offsets":[]}""", 42204)]
    [InlineData("""{"group":"g","instance":"a\u202eb","offsets":[]}""", 42204)]
    [InlineData("""{"group":"g","offsets":[{"topic":"t","partition":0}]}""", 422)]
    [InlineData("""{"group":"g","offsets":[{"topic":"t","offset":1}]}""", 422)]
    [InlineData("""{"group":"g","offsets":[{"partition":0,"offset":1}]}""", 422)]
    [InlineData("""{"group":"g","offsets":[{"topic":"t","partition":-1,"offset":1}]}""", 422)]
    [InlineData("""{"group":"g","offsets":[{"topic":"t","partition":0,"offset":-2}]}""", 422)]
    [InlineData("""{"group":"g","offsets":[{"topic":"t","partition":0,"offset":9223372036854775807}]}""", 422)]
    [InlineData("""{"group":"g","offsets":[{"topic":"t","partition":0,"offset":1,"next_offset":2}]}""", 422)]
    [InlineData("""{"group":"g","offsets":[{"topic":"t","partition":0,"offset":1,"ofset":2}]}""", 422)]
    [InlineData("""{"group":"g","offsets":[{"topic":"t","partition":0,"offset":9223372036854775808}]}""", 400)]
    [InlineData("""{"group":"g","offsets":[{"topic":"t","partition":0,"offset":1.0}]}""", 400)]
    [InlineData("""{"group":"g","offsets":[{"topic":"t","partition":"0","offset":1}]}""", 400)]
    [InlineData("""{"group":"g","offsets":[null]}""", 400)]
    [InlineData("""{"group":5,"offsets":[]}""", 400)]
    [InlineData("""{"group":"g","group":"h","offsets":[]}""", 400)]
    [InlineData("""{"group":"g","instance":5,"offsets":[]}""", 400)]
    [InlineData("[]", 400)]
    [InlineData("{", 400)]
    public async Task Bad_offsets_are_not_added(string? body, int code)
    {
        var answer = await _host.PostAsync($"{Base}/offsets", body);

        Assert.Equal((code < 1000 ? code : code / 100, code), answer.Error);
        Assert.Empty(_host.Transactions.Calls);
    }

    [Fact]
    public async Task Offsets_have_an_end()
    {
        var host = new EdgeHost(new HttpLimits { ListEntriesMax = 2 });
        static string Body(int entries) =>
            $$"""{"group":"g","offsets":[{{string.Join(',', Enumerable.Range(0, entries).Select(i => $$"""{"topic":"t","partition":{{i}},"offset":1}"""))}}]}""";

        Assert.Equal(204, (await host.PostAsync($"{Base}/offsets", Body(2))).Status);
        Assert.Equal((422, 422), (await host.PostAsync($"{Base}/offsets", Body(3))).Error);
    }

    [Fact]
    public async Task Offsets_of_what_is_not_there_say_what_that_is()
    {
        _host.Transactions.Error = ErrorCode.UnknownTopicOrPartition;

        var topic = await _host.PostAsync($"{Base}/offsets", """{"group":"g","offsets":[{"topic":"none","partition":0,"offset":1}]}""");
        var partition = await _host.PostAsync($"{Base}/offsets", """{"group":"g","offsets":[{"topic":"t","partition":2,"offset":1}]}""");

        Assert.Equal((404, 40401), topic.Error);
        Assert.Equal((404, 40402), partition.Error);
    }

    public static TheoryData<string, string, string?> Calls => new()
    {
        { "POST", "/transactions/t1", null },
        { "POST", $"{Base}/begin", null },
        { "POST", $"{Base}/commit", null },
        { "POST", $"{Base}/abort", null },
        { "POST", $"{Base}/offsets", Offsets },
        { "POST", $"{Base}/topics/t", Records },
        { "POST", $"{Base}/topics/t/partitions/0", Records },
        { "GET", Base, null },
        { "DELETE", Base, null },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Refusals_of_every_step_have_the_contracts_codes(string method, string url, string? body)
    {
        (ErrorCode, int, int)[] expected =
        [
            (ErrorCode.UnknownProducerId, 404, 40450),
            (ErrorCode.ProducerFenced, 409, 40951),
            (ErrorCode.InvalidProducerEpoch, 409, 40951),
            (ErrorCode.InvalidTxnState, 409, 40953),
            (ErrorCode.UnstableOffsetCommit, 409, 40903),
            (ErrorCode.InvalidTransactionTimeout, 422, 42204),
            (ErrorCode.UnknownMemberId, 404, 40403),
            (ErrorCode.StaleMemberEpoch, 409, 40903),
            (ErrorCode.InvalidRequest, 409, 40903),
            (ErrorCode.OffsetMetadataTooLarge, 422, 422),
            (ErrorCode.PolicyViolation, 422, 422),
            (ErrorCode.RequestTimedOut, 500, 50003),
            (ErrorCode.CorruptMessage, 500, 50002),
        ];
        _host.HoldsToDocument = false;
        foreach (var (error, status, code) in expected)
        {
            _host.Transactions.Error = error;
            var answer = await SendAsync(method, url, body);
            Assert.Equal((status, code), answer.Error);
            Assert.NotEmpty(answer.Json.GetProperty("message").GetString()!);
            Assert.Equal((MediaType.V2, false), (answer.ContentType, answer.Headers.ContainsKey(Epoch)));
        }

        (_host.Transactions.Error, _host.Transactions.Message) = (ErrorCode.InvalidTxnState, "It was aborted.");
        Assert.Equal("It was aborted.", (await SendAsync(method, url, body)).Json.GetProperty("message").GetString());
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_failure_of_storage_says_whether_a_retry_is_of_use(string method, string url, string? body)
    {
        _host.Transactions.Fails = new StorageException("lost", retriable: true);
        var retriable = await SendAsync(method, url, body);
        _host.Transactions.Fails = new StorageException("forbidden", retriable: false);
        var final = await SendAsync(method, url, body);

        Assert.Equal((500, 50003), retriable.Error);
        Assert.Equal("1", retriable.Headers.RetryAfter);
        Assert.Equal((500, 50002), final.Error);
        Assert.DoesNotContain("lost", retriable.Body, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Names_that_no_path_could_have_are_refused(string method, string url, string? body)
    {
        foreach (var name in (string[])["%20", "a%2Fb", "a%252Fb", "a%5Cb", "a%0D%0Ab", "a%E2%80%AEb", "%25C0%25AF", new('a', 256)])
        {
            Assert.Equal((422, 42204), (await SendAsync(method, url.Replace("t1", name, StringComparison.Ordinal), body)).Error);
            if (url.Contains("4001-3", StringComparison.Ordinal))
            {
                Assert.Equal((422, 42204), (await SendAsync(method, url.Replace("4001-3", name, StringComparison.Ordinal), body)).Error);
            }
        }

        Assert.Empty(_host.Transactions.Calls);
        foreach (var name in (string[])["a.b", "a'b", "%C3%A9", "%F0%9F%98%80", "begin", "x'%20or%20PartitionKey%20ne%20'", new('a', 255)])
        {
            Assert.InRange((await SendAsync(method, url.Replace("t1", name, StringComparison.Ordinal), body)).Status, 200, 204);
        }
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task What_no_reply_could_be_is_not_acceptable(string method, string url, string? body)
    {
        byte[]? bytes = body is null ? null : Encoding.UTF8.GetBytes(body);
        var type = url.Contains("topics", StringComparison.Ordinal) ? MediaType.Json : MediaType.V2;

        Assert.Equal((406, 406), (await _host.SendAsync(method, url, bytes, ("Content-Type", type), ("Accept", "image/png"))).Error);
        Assert.Empty(_host.Transactions.Calls);
        Assert.InRange((await _host.SendAsync(method, url, bytes, ("Content-Type", type), ("Accept", "application/json"))).Status, 200, 204);
    }

    [Theory]
    [InlineData(TransactionState.Empty, "empty")]
    [InlineData(TransactionState.Ongoing, "ongoing")]
    [InlineData(TransactionState.PrepareCommit, "prepare_commit")]
    [InlineData(TransactionState.PrepareAbort, "aborted")]
    [InlineData(TransactionState.CompleteCommit, "committed")]
    [InlineData(TransactionState.CompleteAbort, "aborted")]
    [InlineData(TransactionState.Fenced, "fenced")]
    public async Task A_state_has_the_contracts_name(TransactionState state, string name)
    {
        _host.Transactions.Description = ScriptedTransactions.Described("t1", state);

        Assert.Equal(name, (await _host.GetAsync(Base)).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_transaction_tells_what_is_in_it_and_when_its_time_is_over()
    {
        _host.Transactions.Description = ScriptedTransactions.Described("t1", TransactionState.Ongoing) with
        {
            Partitions = [new("t", 0), new("u", 7)],
            Groups = ["g"],
            ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000),
        };

        var open = await _host.GetAsync($"{Base}/");
        var head = await _host.SendAsync("HEAD", Base, null);
        _host.Transactions.Description = ScriptedTransactions.Described("t1", TransactionState.Empty);
        var closed = await _host.GetAsync(Base, ("Accept", "application/json"));

        Assert.Equal(
            """{"state":"ongoing","producer_id":4001,"producer_epoch":3,"partitions":[{"topic":"t","partition":0},{"topic":"u","partition":7}],"groups":["g"],"expires_at":"2023-11-14T22:13:20.000Z"}""",
            open.Body);
        Assert.Equal((200, "", open.Headers.ContentLength), (head.Status, head.Body, head.Headers.ContentLength));
        Assert.Equal("""{"state":"empty","producer_id":4001,"producer_epoch":3,"partitions":[],"groups":[],"expires_at":null}""", closed.Body);
        Assert.Equal((MediaType.V2, MediaType.PlainJson), (open.ContentType, closed.ContentType));
        Assert.Equal(["t1", "4001-3"], _host.Transactions.Calls[0].Arguments);
    }

    [Fact]
    public async Task An_instance_is_closed()
    {
        var answer = await _host.SendAsync("DELETE", $"{Base}/", null);

        Assert.Equal((204, ""), (answer.Status, answer.Body));
        Assert.Equal("close", Asked.Operation);
        Assert.Equal(["t1", "4001-3"], Asked.Arguments);
    }

    private Task<Answer> SendAsync(string method, string url, string? body)
    {
        byte[]? bytes = body is null ? null : Encoding.UTF8.GetBytes(body);
        var type = url.Contains("/topics/", StringComparison.Ordinal) ? MediaType.Json : MediaType.V2;
        return _host.SendAsync(method, url, bytes, body is null ? [] : [("Content-Type", type)]);
    }
}
