using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Serverless.Core.Idempotency;
using Serverless.Core.Log;
using Serverless.Core.Storage.Memory;
using Serverless.Core.Tests.Groups;
using Xunit;

namespace Serverless.Core.Tests.Idempotency;

public sealed class IdempotencyKeysTests
{
    private static readonly KeyedRequest Request = KeyedRequest.Of("", "POST", "/topics/t", "key", new byte[] { 1, 2, 3 });

    private static readonly StoredReply Reply = new(200, "application/json", [("Location", "there"), ("X", "é")], "{}"u8.ToArray());

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly FaultyRowStore _store;
    private int _processes;

    public IdempotencyKeysTests() => _store = new FaultyRowStore(new MemoryRowStore(_clock));

    public static TheoryData<int> Kinds =>
        [(int)Fault.None, (int)Fault.LostRequest, (int)Fault.LostReply, (int)Fault.LateEffect];

    [Fact]
    public void A_key_is_another_for_another_caller_method_or_path()
    {
        KeyedRequest[] all =
        [
            Request, Of("me", "POST", "/topics/t", "key"), Of("", "PUT", "/topics/t", "key"), Of("", "POST", "/topics/tk", "ey"),
            Of("", "POST", "/topics/t", "Key"), Request.Within("3"), Request.Within("4"),
        ];

        Assert.Equal(all.Length, all.Select(request => request.Id).Distinct().Count());

        static KeyedRequest Of(string caller, string method, string path, string key) =>
            KeyedRequest.Of(caller, method, path, key, Request.Fingerprint);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Whatever_reply_is_lost_the_request_begins_once_and_its_answer_is_kept(int kind)
    {
        var keys = await WarmAsync();
        _store.Faults.Enqueue((Fault)kind);
        var attempt = await BegunAsync(keys);
        _store.Faults.Enqueue((Fault)kind);

        await keys.FinishAsync(attempt, Reply, default);
        await _store.DrainAsync();

        var answer = Assert.IsType<KeyAnswer.Answered>(await BeginAsync(Start()));
        Assert.Equal(Reply.Status, answer.Reply.Status);
        Assert.Equal(Reply.ContentType, answer.Reply.ContentType);
        Assert.Equal(Reply.Headers, answer.Reply.Headers);
        Assert.Equal(Reply.Body.ToArray(), answer.Reply.Body.ToArray());
        Assert.Equal(attempt.ExpiresAt, answer.ExpiresAt);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_abandoned_request_goes_on_where_its_records_went(int kind)
    {
        var keys = await WarmAsync();
        var first = await BegunAsync(keys, Start("id", 5));
        _store.Faults.Enqueue((Fault)kind);
        await keys.AbandonAsync(first, default);
        await _store.DrainAsync();

        _store.Faults.Enqueue((Fault)kind);
        var second = await BegunAsync(await WarmAsync("other"), Start("another", 9));

        Assert.Equal((first.RequestId, first.Key!.Hash), (second.RequestId, second.Key!.Hash));
        Assert.Equal("id", second.Start!.TopicId);
        Assert.Equal([KeyValuePair.Create(1, 5L), KeyValuePair.Create(3, 7L)], second.Start.Ends.OrderBy(end => end.Key));
        Assert.Equal((4, 123L, 1000), (second.Start.Partitions, second.Start.TimestampMs, second.Start.MessageBytesMax));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Where_records_go_instead_is_written_down_unless_another_has_taken_over(int kind)
    {
        var keys = await WarmAsync();
        var first = await BegunAsync(keys, Start("id", 5));
        _store.Faults.Enqueue((Fault)kind);
        Assert.True(await keys.RestartAsync(first, Start("anew", 0), default));
        _clock.Advance(TimeSpan.FromSeconds(22));
        var second = await BegunAsync(Start(), Start("id", 5));
        _store.Faults.Enqueue((Fault)kind);

        Assert.Equal("anew", second.Start!.TopicId);
        Assert.False(await keys.RestartAsync(first, Start("newest", 0), default));
    }

    [Fact]
    public async Task Whoever_lost_the_row_changes_it_no_more()
    {
        var (keys, others) = (Start(), Start());
        var first = await BegunAsync(keys);
        _clock.Advance(TimeSpan.FromSeconds(22));
        var second = await BegunAsync(others);
        await keys.AbandonAsync(first, default);
        Assert.IsType<KeyAnswer.Running>(await BeginAsync(Start()));

        await others.FinishAsync(second, Reply, default);
        await keys.FinishAsync(first, Reply with { Status = 404 }, default);

        Assert.Equal(200, Assert.IsType<KeyAnswer.Answered>(await BeginAsync(Start())).Reply.Status);
    }

    [Fact]
    public async Task A_process_whose_clock_is_wrong_keeps_nobody_waiting()
    {
        var wrong = new FakeTimeProvider(_clock.GetUtcNow().AddYears(1));
        var keys = new IdempotencyKeys(
            _store, wrong, new RandomIdSource(new Random(77)), new IdempotencyOptions(), NullLogger<IdempotencyKeys>.Instance);
        await BegunAsync(keys);

        var running = Assert.IsType<KeyAnswer.Running>(await BeginAsync(Start()));
        _clock.Advance(TimeSpan.FromSeconds(21));

        Assert.Equal(TimeSpan.FromSeconds(20), running.RetryAfter);
        await BegunAsync(Start());
    }

    [Fact]
    public async Task An_answer_that_fits_no_row_is_come_to_again()
    {
        var keys = Start();
        var attempt = await BegunAsync(keys);
        var noise = new byte[600_000];
        new Random(1).NextBytes(noise);

        await keys.FinishAsync(attempt, Reply with { Body = noise }, default);

        Assert.Equal(attempt.RequestId, (await BegunAsync(Start())).RequestId);
    }

    [Fact]
    public async Task After_it_expired_a_key_is_another_request_to_the_log()
    {
        var keys = Start();
        var first = await BegunAsync(keys);
        await keys.AbandonAsync(first, default);
        _clock.Advance(TimeSpan.FromHours(24) + TimeSpan.FromSeconds(1));

        var second = await BegunAsync(keys);

        Assert.NotEqual(first.Key!.Hash, second.Key!.Hash);
    }

    private static ProduceStart Start(string topicId, long end) =>
        new(topicId, 4, new Dictionary<int, long> { [3] = 7, [1] = end }) { TimestampMs = 123, MessageBytesMax = 1000 };

    private static ValueTask<KeyAnswer> BeginAsync(IdempotencyKeys keys, ProduceStart? start = null) =>
        keys.BeginAsync(Request, (_, before) => ValueTask.FromResult<ProduceStart?>(before ?? start ?? Start("id", 5)), default);

    private static async Task<KeyAttempt> BegunAsync(IdempotencyKeys keys, ProduceStart? start = null) =>
        Assert.IsType<KeyAnswer.Begun>(await BeginAsync(keys, start)).Attempt;

    // One that knows the service's clock.
    private async Task<IdempotencyKeys> WarmAsync(string key = "warm")
    {
        var keys = Start();
        var other = KeyedRequest.Of("", "POST", "/", key, Request.Fingerprint);
        await keys.BeginAsync(other, (_, _) => ValueTask.FromResult<ProduceStart?>(null), default);
        return keys;
    }

    private IdempotencyKeys Start() => new(
        _store, _clock, new RandomIdSource(new Random(++_processes)), new IdempotencyOptions(), NullLogger<IdempotencyKeys>.Instance);
}
