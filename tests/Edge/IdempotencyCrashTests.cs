using Serverless.Core.Storage;
using Serverless.Core.Topics;
using Serverless.Edge.Fakes;
using Serverless.Functions.Http;
using Xunit;

namespace Serverless.Edge;

/// <summary>Wherever the first attempt dies, sleeps or loses a reply: the retry stores nothing twice, and gives the answer that was due.</summary>
public sealed class IdempotencyCrashTests
{
    // Without keys: they go where the request's hash says, one or two to each of three partitions.
    private const string Body = """{"records":[{"value":1},{"value":2},{"value":3},{"value":4}]}""";

    private readonly KeyedWorld _world = new();

    [Fact]
    public async Task A_crash_before_anything_was_appended()
    {
        var (dying, topic) = await DyingAsync();
        dying.Stores.BeforeAppend = _ =>
        {
            dying.Stores.IsDead = true;
            return Task.CompletedTask;
        };

        await dying.ProduceAsync("a", Body);

        await RetryAsync(topic);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_crash_after_some_partitions_or_all_have_it(int landed)
    {
        var (dying, topic) = await DyingAsync();
        dying.Stores.AfterAppend = number => dying.Stores.IsDead = number == landed;

        await dying.ProduceAsync("a", Body);
        Assert.InRange((await _world.Start().ValuesAsync(topic)).Count, landed, 4);

        await RetryAsync(topic);
    }

    [Fact]
    public async Task A_crash_whose_retry_comes_after_partitions_were_added()
    {
        var (dying, topic) = await DyingAsync();
        dying.Stores.AfterAppend = number => dying.Stores.IsDead = number == 2;
        await dying.ProduceAsync("a", Body);
        await _world.Start().Topics.SetPartitionsAsync("t", 8, default);

        await RetryAsync(topic with { Partitions = 8 });
    }

    [Fact]
    public async Task The_retry_of_a_crash_answers_with_the_time_of_the_first_attempt()
    {
        var (dying, _) = await DyingAsync();
        const string Path = "/v3/clusters/serverless/topics/t/records";
        dying.Stores.AfterAppend = _ => dying.Stores.IsDead = true;
        await dying.PostAsync(Path, "{}", "a", MediaType.PlainJson);
        _world.Clock.Advance(TimeSpan.FromMinutes(5));

        var answer = await _world.Start().PostAsync(Path, "{}", "a", MediaType.PlainJson);

        Assert.Equal("2026-01-01T00:00:00.000Z", answer.Json.GetProperty("timestamp").GetString());
    }

    [Fact]
    public async Task A_retry_waits_for_the_first_attempt_and_is_told_how_long()
    {
        var (dying, topic) = await DyingAsync();
        dying.Stores.AfterAppend = _ => dying.Stores.IsDead = true;
        await dying.ProduceAsync("a", Body);
        _world.Clock.Advance(TimeSpan.FromSeconds(5));

        var early = await _world.Start().ProduceAsync("a", Body);
        var different = await _world.Start().ProduceAsync("a", """{"records":[{}]}""");

        Assert.Equal((409, 40950), early.Error);
        Assert.Equal("15", early.Headers.RetryAfter);
        Assert.Equal((422, 42250), different.Error);
        await RetryAsync(topic);
    }

    [Fact]
    public async Task A_sleeper_that_wakes_after_its_retry_stores_nothing_and_has_the_same_answer()
    {
        var (sleeper, topic) = await DyingAsync();
        var (asleep, wake) = (new TaskCompletionSource(), new TaskCompletionSource());
        sleeper.Stores.BeforeAppend = number =>
        {
            asleep.TrySetResult();
            return wake.Task;
        };
        var first = sleeper.ProduceAsync("a", Body);
        await asleep.Task;
        _world.Clock.Advance(TimeSpan.FromSeconds(22));

        var retry = await _world.Start().ProduceAsync("a", Body);
        wake.SetResult();
        var late = await _world.Run(first);

        Assert.Equal((200, retry.Body), (late.Status, late.Body));
        await StoredOnceAsync(topic, retry);
    }

    [Fact]
    public async Task Of_two_at_once_one_is_told_to_wait()
    {
        var (first, topic) = await DyingAsync();
        var (asleep, wake) = (new TaskCompletionSource(), new TaskCompletionSource());
        first.Stores.BeforeAppend = number =>
        {
            asleep.TrySetResult();
            return wake.Task;
        };
        var answer = first.ProduceAsync("a", Body);
        await asleep.Task;

        Assert.Equal((409, 40950), (await _world.Start().ProduceAsync("a", Body)).Error);
        Assert.Equal((409, 40950), (await first.ProduceAsync("a", Body)).Error);
        wake.SetResult();
        await StoredOnceAsync(topic, await _world.Run(answer));
    }

    [Fact]
    public async Task An_attempt_that_failed_is_tried_again_at_once()
    {
        var (failing, topic) = await DyingAsync();
        var fails = true;
        failing.Stores.BeforeAppend = _ => fails ? throw new StorageException("No.", retriable: true) : Task.CompletedTask;

        var failed = await failing.ProduceAsync("a", Body);
        fails = false;
        var retried = await failing.ProduceAsync("a", Body);

        Assert.Equal((500, 50003), failed.Error);
        await StoredOnceAsync(topic, retried);
    }

    [Fact]
    public async Task Where_some_records_failed_the_same_key_goes_on_with_them()
    {
        var (failing, topic) = await DyingAsync();
        failing.Stores.BeforeAppend = number => number == 2 ? throw new StorageException("No.", retriable: true) : Task.CompletedTask;

        var mixed = await failing.ProduceAsync("a", Body);
        var whole = await failing.ProduceAsync("a", Body);

        Assert.Equal(200, mixed.Status);
        Assert.Contains(Codes(mixed), code => code == 50003);
        Assert.Contains(Codes(mixed), code => code is null);
        Assert.Equal("", whole.Headers["Idempotency-Replayed"].ToString());
        await StoredOnceAsync(topic, whole);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(2, false)]
    public async Task A_submission_whose_reply_is_lost(int submission, bool landed)
    {
        var (process, topic) = await DyingAsync();
        process.Stores.LosesSubmit = number => !landed && number == submission + Warm;
        process.Stores.AfterSubmit = (number, result) => landed && number == submission + Warm ? FailingStores.Lost : result;

        var answer = await process.ProduceAsync("a", Body);
        var again = await _world.Start().ProduceAsync("a", Body);

        Assert.Equal(answer.Body, again.Body);
        Assert.Equal("true", again.Headers["Idempotency-Replayed"]);
        await StoredOnceAsync(topic, answer);
    }

    [Fact]
    public async Task A_topic_made_anew_under_the_request_gets_it_once()
    {
        var (process, old) = await DyingAsync();
        var admin = _world.Start();
        Topic? anew = null;
        process.Stores.BeforeAppend = async number =>
        {
            if (number == 1)
            {
                await admin.Topics.DeleteAsync("t", default);
                anew = await admin.CreateTopicAsync("t", 2);
            }
        };

        var answer = await _world.Run(process.ProduceAsync("a", Body));
        var again = await admin.ProduceAsync("a", Body);

        Assert.NotEqual(old.Id, anew!.Id);
        Assert.Equal((200, answer.Body), (again.Status, again.Body));
        await StoredOnceAsync(anew, answer);
    }

    [Fact]
    public async Task A_sleeper_does_not_follow_its_topic_to_where_its_retry_has_been()
    {
        var (sleeper, old) = await DyingAsync();
        var (asleep, wake) = (new TaskCompletionSource(), new TaskCompletionSource());
        sleeper.Stores.BeforeAppend = _ =>
        {
            asleep.TrySetResult();
            return wake.Task;
        };
        var first = sleeper.ProduceAsync("a", Body);
        await asleep.Task;
        _world.Clock.Advance(TimeSpan.FromSeconds(22));
        var other = _world.Start();
        await other.Topics.DeleteAsync("t", default);
        var anew = await other.CreateTopicAsync("t", 5);

        var retry = await other.ProduceAsync("a", Body);
        wake.SetResult();
        var late = await _world.Run(first);

        Assert.Equal((409, 40950), late.Error);
        Assert.Equal(200, retry.Status);
        await StoredOnceAsync(anew, retry);
    }

    [Fact]
    public async Task A_retry_that_knows_only_the_topic_before_stores_nothing_twice()
    {
        var (admin, _) = await DyingAsync();
        var behind = _world.Start();
        await behind.Topics.FindAsync("t", default);
        await admin.Topics.DeleteAsync("t", default);
        var anew = await admin.CreateTopicAsync("t", 3);
        var failing = _world.Start();
        failing.Stores.BeforeAppend = number => number == 2 ? throw new StorageException("No.", retriable: true) : Task.CompletedTask;

        var mixed = await failing.ProduceAsync("a", Body);
        var whole = await _world.Run(behind.ProduceAsync("a", Body));

        Assert.Contains(Codes(mixed), code => code == 50003);
        await StoredOnceAsync(anew, whole);
    }

    [Fact]
    public async Task A_topic_whose_creation_crashed_is_the_answer_of_its_retry()
    {
        var dying = _world.Start();
        const string Create = """{"topic_name":"orders","partitions_count":3}""";
        var submits = 0;
        dying.Stores.AfterSubmit = (_, result) =>
        {
            // The key, then the topic.
            dying.Stores.IsDead = ++submits == 2;
            return result;
        };
        await dying.PostAsync("/v3/clusters/serverless/topics", Create, "a", MediaType.PlainJson);
        _world.Clock.Advance(TimeSpan.FromSeconds(22));
        var other = _world.Start();

        Assert.NotNull(await other.Topics.FindAsync("orders", default));
        Assert.Equal(201, (await other.PostAsync("/v3/clusters/serverless/topics", Create, "a", MediaType.PlainJson)).Status);
        Assert.Equal((400, 40002), (await other.PostAsync("/v3/clusters/serverless/topics", Create, "b", MediaType.PlainJson)).Error);
    }

    [Fact]
    public async Task A_client_that_goes_away_can_come_back_at_once()
    {
        var (process, topic) = await DyingAsync();
        process.Stores.BeforeAppend = async number =>
        {
            if (number == 1)
            {
                await process.Host.Disconnect.CancelAsync();
            }
        };

        Assert.Equal(499, (await process.ProduceAsync("a", Body)).Status);
        await StoredOnceAsync(topic, await _world.Start().ProduceAsync("a", Body));
    }

    // What a process has submitted when the test begins: the topic, and a request by which it knows the service's clock.
    private const int Warm = 3;

    private async Task<(KeyedWorld.Process Process, Topic Topic)> DyingAsync()
    {
        var process = _world.Start();
        var topic = await process.CreateTopicAsync("t", 3);
        await process.ProduceAsync("warm", """{"records":[{}]}""", "/topics/none");
        return (process, topic);
    }

    private async Task RetryAsync(Topic topic)
    {
        _world.Clock.Advance(TimeSpan.FromSeconds(22));
        var answer = await _world.Start().ProduceAsync("a", Body);
        var replay = await _world.Start().ProduceAsync("a", Body);

        Assert.Equal((200, "true"), (replay.Status, replay.Headers["Idempotency-Replayed"].ToString()));
        Assert.Equal(answer.Body, replay.Body);
        await StoredOnceAsync(topic, answer);
    }

    private async Task StoredOnceAsync(Topic topic, Answer answer)
    {
        Assert.Equal(200, answer.Status);
        Assert.All(Codes(answer), code => Assert.Null(code));
        Assert.Equal(["1", "2", "3", "4"], (await _world.Start().ValuesAsync(topic)).Order());
        var places = answer.Json.GetProperty("offsets").EnumerateArray()
            .Select(offset => (offset.GetProperty("partition").GetInt32(), offset.GetProperty("offset").GetInt64())).ToList();
        Assert.Equal(4, places.Distinct().Count());
        Assert.All(places, place => Assert.InRange(place.Item2, 0, 3));
    }

    private static IEnumerable<int?> Codes(Answer answer) =>
        answer.Json.GetProperty("offsets").EnumerateArray().Select(
            offset => offset.GetProperty("error_code") is { ValueKind: not System.Text.Json.JsonValueKind.Null } code ? code.GetInt32() : (int?)null);
}
