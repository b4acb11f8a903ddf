using System.Text;
using Serverless.Core;
using Serverless.Core.Log;
using Serverless.Core.Transactions;
using Serverless.Edge.Fakes;
using Serverless.Functions.Http;
using Xunit;

namespace Serverless.Edge;

/// <summary>Idempotency keys on the steps of transactions.</summary>
public sealed class TransactionKeyTests
{
    private const string Path = "/transactions/t1/instances/4001-3/topics/t";
    private const string Records = """{"records":[{"value":1}]}""";

    private readonly EdgeHost _host = new();

    public TransactionKeyTests() => _host.Topics.Add("t", 2);

    private IEnumerable<object?[]> Produced =>
        _host.Transactions.Calls.Where(call => call.Operation == "produce").Select(call => call.Arguments);

    [Fact]
    public async Task Records_are_added_once_and_the_log_is_told_the_key()
    {
        var answer = await AddAsync("a", Path);
        var again = await AddAsync("a", Path);
        await AddAsync("b", Path);
        await AddAsync(null, Path);

        Assert.Equal((200, answer.Body, "true"), (again.Status, again.Body, again.Headers[IdempotencyHeader.Replayed].ToString()));
        var keys = Produced.Select(arguments => (RequestKey?)arguments[3]).ToList();
        Assert.Equal(3, keys.Count);
        Assert.NotEqual(keys[0]!.Hash, keys[1]!.Hash);
        Assert.Null(keys[2]);
    }

    [Fact]
    public async Task A_key_counts_within_its_transaction()
    {
        await AddAsync("a", Path);
        _host.Transactions.Description = _host.Transactions.Description with { ProducerEpoch = 4 };

        var next = await AddAsync("a", Path);
        var named = await AddAsync("a", Path + "?producer_epoch=5");

        Assert.Equal("", next.Headers[IdempotencyHeader.Replayed].ToString());
        Assert.Equal("", named.Headers[IdempotencyHeader.Replayed].ToString());
        Assert.Equal([(short?)3, (short?)4, (short?)5], Produced.Select(arguments => ((TransactionStep)arguments[0]!).Epoch));
    }

    [Fact]
    public async Task A_step_that_does_not_fit_the_state_is_tried_again()
    {
        _host.Transactions.Error = ErrorCode.InvalidTxnState;
        var refused = await AddAsync("a", Path + "?producer_epoch=3");
        _host.Transactions.Error = ErrorCode.None;

        var taken = await AddAsync("a", Path + "?producer_epoch=3");

        Assert.Equal((409, 40953), refused.Error);
        Assert.Equal((200, ""), (taken.Status, taken.Headers[IdempotencyHeader.Replayed].ToString()));
    }

    [Fact]
    public async Task An_incarnation_begins_once()
    {
        var answer = await SendAsync("a", "/transactions/t1", "{}", MediaType.V2);
        var again = await SendAsync("a", "/transactions/t1", "{}", MediaType.V2);

        Assert.Equal((200, answer.Body), (again.Status, again.Body));
        Assert.Equal("3", again.Headers["Kafka-Producer-Epoch"]);
        Assert.Single(_host.Transactions.Calls, call => call.Operation == "init");
    }

    private Task<Answer> AddAsync(string? key, string path) => SendAsync(key, path, Records, MediaType.Json);

    private Task<Answer> SendAsync(string? key, string path, string body, string type) => _host.SendAsync(
        "POST", path, Encoding.UTF8.GetBytes(body),
        key is null ? [("Content-Type", type)] : [("Content-Type", type), (IdempotencyHeader.Name, key)]);
}
