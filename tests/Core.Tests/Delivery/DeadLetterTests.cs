using System.Text;
using Serverless.Core.Delivery;
using Serverless.Core.Records;
using Serverless.Core.Tests.Transactions;
using Xunit;

namespace Serverless.Core.Tests.Delivery;

public sealed class DeadLetterTests
{
    private static readonly DeliverySettings ThreeTimes = DeliveryWorld.Webhook with
    {
        DeadLetterTopic = "letters",
        RecordsMax = 2,
        Retry = new RetryPolicy { AttemptsMax = 3 },
    };

    private readonly DeliveryWorld _world = new();

    [Fact]
    public void After_the_last_attempt_the_records_go_to_the_dead_letter_topic_and_the_group_goes_on() => _world.Run(async () =>
    {
        await _world.PutAsync(ThreeTimes);
        await _world.Log.FillAsync(1, 4);
        _world.Answer = batch => new(batch.FirstOffset == 0 ? new SendOutcome.Failed("500 bad") : new SendOutcome.Done());

        await _world.WorkAsync();

        Assert.Equal([(0, 1), (0, 2), (0, 3), (2, 1)], _world.Sent.Select(batch => (batch.FirstOffset, batch.Attempt)));
        Assert.Equal(4, await _world.CommittedAsync(1));
        var letters = await _world.ReadAsync("letters", 1);
        Assert.Equal(["1-0", "1-1"], letters.Select(letter => Encoding.UTF8.GetString(letter.Value!.Value.Span)));
        Assert.Equal(
            ["dead.letter.topic=in", "dead.letter.partition=1", "dead.letter.offset=1", "dead.letter.group=g", "dead.letter.error=500 bad", "dead.letter.attempts=3"],
            letters[1].Headers.Where(header => header.Key != DeadLetters.Timestamp)
                .Select(header => $"{header.Key}={Encoding.UTF8.GetString(header.Value!.Value.Span)}"));
    });

    [Fact]
    public void The_largest_record_that_its_topic_takes_becomes_a_dead_letter_and_goes_back() => _world.Run(async () =>
    {
        await _world.PutAsync(ThreeTimes);
        var limit = _world.Log.Topics.Now("in").Settings.MaxMessageBytes;
        var value = new string('x', Enumerable.Range(0, 100).Select(less => limit - less).First(bytes => Size(bytes) <= limit));
        await _world.ProduceAsync("in", 0, value);
        _world.Answer = _ => new(new SendOutcome.Failed(new string('\u4e16', 2_000)));

        await _world.WorkAsync();

        Assert.Equal(1, await _world.CommittedAsync(0));
        var letter = Assert.Single(await _world.ReadAsync("letters", 0));
        Assert.Equal(value, Encoding.UTF8.GetString(letter.Value!.Value.Span));
        var delivery = await _world.Deliveries(_world.Log.First).FindAsync(DeliveryWorld.Group, default);
        var back = await _world.Replay().ReplayAsync(delivery!, [new(0, letter.Offset)], _ => true, default);
        Assert.Equal((ErrorCode.None, null), (back.Error, back.Message));
        Assert.Equal(value, Encoding.UTF8.GetString((await _world.ReadAsync("in", 0))[^1].Value!.Value.Span));
    });

    private static int Size(int valueBytes) => RecordBatchBuilder.RecordSize(default, true, new byte[valueBytes], false, default);

    [Fact]
    public void When_the_time_for_attempts_is_over_the_next_failure_is_the_last() => _world.Run(async () =>
    {
        await _world.PutAsync(ThreeTimes with { Retry = new RetryPolicy { TimeMax = TimeSpan.FromSeconds(2) } });
        await _world.Log.FillAsync(0, 1);
        _world.Answer = _ => new(new SendOutcome.Failed("500"));

        await _world.WorkAsync();

        Assert.InRange(_world.Sent.Count, 2, 4);
        Assert.Single(await _world.ReadAsync("letters", 0));
        Assert.Equal(1, await _world.CommittedAsync(0));
    });

    [Fact]
    public void Where_the_dead_letter_topic_is_gone_nothing_is_passed_over() => _world.Run(async () =>
    {
        await _world.PutAsync(ThreeTimes with { Retry = new RetryPolicy { AttemptsMax = 1, BackoffMin = TimeSpan.FromMinutes(1) } });
        await _world.Log.FillAsync(0, 1);
        _world.Log.Topics.Remove("letters");
        _world.Answer = _ => new(new SendOutcome.Failed("500"));

        Assert.Equal(WorkEnd.Idle, await _world.WorkAsync());

        var offset = await _world.OffsetAsync(0);
        Assert.Equal(0, offset.Offset);
        Assert.Contains("There is no topic letters", RangeMark.Of(new(offset.Offset, offset.Metadata))!.Error);
    });

    [Fact]
    public void Wherever_the_worker_dies_a_record_is_a_dead_letter_once_and_the_group_is_behind_it() => _world.Run(async () =>
    {
        // Of each call that changes storage in the step that buries: by how the call goes wrong, and which of them it is.
        foreach (var failure in Enum.GetValues<Failure>())
        {
            for (var (at, more) = (1, true); more; at++)
            {
                var world = new DeliveryWorld(_world.Clock);
                more = await DiesInBurialAsync(world, failure, at);
                Assert.True(
                    (await world.ReadAsync("letters", 0)).Select(letter => letter.Headers.Count(header => header.Key == DeadLetters.Offset)).SequenceEqual([1])
                    && await world.CommittedAsync(0) == 1,
                    $"{failure} at {at}");
            }
        }
    });

    [Fact]
    public void A_dead_letter_goes_back_to_where_it_is_from_with_its_own_headers() => _world.Run(async () =>
    {
        var delivery = await _world.PutAsync(ThreeTimes);
        await _world.Log.FillAsync(1, 2);
        _world.Answer = batch => new(batch.FirstOffset == 0 ? new SendOutcome.Failed("500") : new SendOutcome.Done());
        await _world.WorkAsync();

        var answer = await _world.Replay().ReplayAsync(delivery, [new(1, 1), new(1, 0)], _ => true, default);

        Assert.Equal((ErrorCode.None, null), (answer.Error, answer.Message));
        Assert.Equal([(1, 2L), (1, 3L)], answer.Value!.Select(sent => (sent.To.Partition, sent.Offset)));
        await _world.WorkAsync(instance: "__delivery-2");
        Assert.Equal(["1-1", "1-0"], DeliveryWorld.Values(_world.Sent[^1]));
        var header = Assert.Single(DeliveredRecord.Of(_world.Sent[^1].Slice)[0].Headers);
        Assert.Equal(DeadLetters.Replayed, header.Key);
    });

    [Theory]
    [InlineData(0, 0, "there is no record")]
    [InlineData(7, 0, "no such partition")]
    [InlineData(1, 2, "no dead letter of this group")]
    public void What_is_no_dead_letter_of_the_group_does_not_go_back_nor_does_anything_else(int partition, long offset, string says) =>
        _world.Run(async () =>
        {
            var delivery = await _world.PutAsync(ThreeTimes);
            await _world.Log.FillAsync(1, 2);
            _world.Answer = _ => new(new SendOutcome.Failed("500"));
            await _world.WorkAsync();
            await _world.AppendAsync("letters", 1, "of nobody");

            // The last one of the topic is a marker at 2, and behind it is a record that somebody else has put there.
            var answer = await _world.Replay().ReplayAsync(
                delivery, [new(1, 0), new(partition, offset == 2 ? 3 : offset)], _ => true, default);

            Assert.Equal(ErrorCode.InvalidRecord, answer.Error);
            Assert.Contains(says, answer.Message);
            Assert.Equal(2, (await _world.ReadAsync("in", 1)).Count);
        });

    [Fact]
    public void What_a_filter_leaves_out_is_no_dead_letter() => _world.Run(async () =>
    {
        var filter = new Dictionary<string, string> { ["kind"] = "order" };
        await _world.PutAsync(ThreeTimes with { Target = new DeliveryTarget.Topic("out", filter), Retry = new RetryPolicy { AttemptsMax = 1 } });
        await _world.ProduceAsync("in", 0, "a", ("kind", "offer"));
        await _world.ProduceAsync("in", 0, "b", ("kind", "order"));
        _world.Log.Topics.Remove("out");

        await _world.WorkAsync();

        var letter = Assert.Single(await _world.ReadAsync("letters", 0));
        Assert.Equal("b", Encoding.UTF8.GetString(letter.Value!.Value.Span));
        Assert.Equal(2, await _world.CommittedAsync(0));
    });

    [Fact]
    public void However_much_an_error_says_its_records_become_dead_letters() => _world.Run(async () =>
    {
        await _world.PutAsync(ThreeTimes with { Retry = new RetryPolicy { AttemptsMax = 1 } });
        await _world.Log.FillAsync(0, 1);
        _world.Answer = _ => new(new SendOutcome.Failed(new string('x', 5_000_000)));

        await _world.WorkAsync();

        Assert.Single(await _world.ReadAsync("letters", 0));
        Assert.Equal(1, await _world.CommittedAsync(0));
    });

    [Fact]
    public void A_dead_letter_that_names_a_topic_of_the_service_does_not_go_there() => _world.Run(async () =>
    {
        _world.Log.Topics.Make("__consumer_offsets", 1);
        var delivery = await _world.PutAsync(ThreeTimes);
        await _world.ProduceAsync(
            "letters", 0, "x", (DeadLetters.Topic, "__consumer_offsets"), (DeadLetters.Partition, "0"), (DeadLetters.Group, DeliveryWorld.Group));

        var answer = await _world.Replay().ReplayAsync(delivery, [new(0, 0)], _ => true, default);

        Assert.Equal(ErrorCode.InvalidRecord, answer.Error);
    });

    private static async Task<bool> DiesInBurialAsync(DeliveryWorld world, Failure failure, int at)
    {
        await world.PutAsync(ThreeTimes with { Retry = new RetryPolicy { AttemptsMax = 1 } });
        await world.Log.FillAsync(0, 1);
        var dying = world.Log.Start();
        var before = 0;
        world.Answer = _ =>
        {
            before = dying.Stores.Changes;
            (dying.Stores.Failure, dying.Stores.At) = (failure, before + at);
            return new(new SendOutcome.Failed("500"));
        };
        try
        {
            await world.WorkAsync(dying, "__delivery-1");
        }
        catch (CrashException)
        {
        }

        world.Clock.Advance(TimeSpan.FromMinutes(2));
        var met = dying.Stores.Changes >= before + at;
        await TransactionWorld.SweepAsync(world.Log.Start());
        world.Answer = _ => new(new SendOutcome.Failed("500"));
        await world.WorkAsync(world.Log.Start(), "__delivery-2");
        return met;
    }
}
