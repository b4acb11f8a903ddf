using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Xunit;

namespace Serverless.Core.Tests.Delivery;

public sealed class AdminTests
{
    private static readonly DeliverySettings FromNowOn = DeliveryWorld.Webhook with { Start = DeliveryStart.Latest };

    private readonly DeliveryWorld _world = new();

    [Fact]
    public async Task What_is_stored_is_what_was_given()
    {
        var given = DeliveryWorld.Webhook with
        {
            Subscription = new(null, "in|out"),
            Target = new DeliveryTarget.Webhook(new Uri("https://example.org/a?b=c"), WebhookBody.CloudEvents, RecordFormat.Binary),
            RecordsMax = 7,
            BytesMax = 8,
            Linger = TimeSpan.FromMilliseconds(9),
            Retry = new RetryPolicy
            {
                BackoffMin = TimeSpan.FromSeconds(2), BackoffMax = TimeSpan.FromSeconds(3), AttemptsMax = 4, TimeMax = TimeSpan.FromHours(5),
            },
            DeadLetterTopic = "letters",
            WorkersMax = 10,
            Start = new DeliveryStart(SeekKind.Timestamp, 11),
        };

        await _world.PutAsync(given);

        var stored = await _world.Deliveries(_world.Log.Second).FindAsync(DeliveryWorld.Group, default);
        Assert.Equal(given, stored!.Settings);
        Assert.Equal([1, 2, 3], stored.Secret.ToArray());
        Assert.Equal(_world.Clock.GetUtcNow(), stored.CreatedAt);
    }

    [Fact]
    public async Task A_topic_target_is_stored_with_its_filter()
    {
        var headers = new Dictionary<string, string> { ["a"] = "b" };
        await _world.PutAsync(DeliveryWorld.Webhook with { Target = new DeliveryTarget.Topic("out", headers) });

        var stored = await _world.Deliveries(_world.Log.Second).FindAsync(DeliveryWorld.Group, default);
        var target = Assert.IsType<DeliveryTarget.Topic>(stored!.Settings.Target);
        Assert.Equal(("out", "b"), (target.Name, target.Headers["a"]));
        Assert.Equal(0, stored.Secret.Length);
    }

    [Fact]
    public async Task Settings_of_any_size_that_may_be_sent_are_stored()
    {
        IReadOnlyList<string> names = [.. Enumerable.Range(0, 1_000).Select(number => $"{number}".PadLeft(249, 't'))];
        var headers = Enumerable.Range(0, DeliveryRules.HeadersMax)
            .ToDictionary(number => $"{number}".PadLeft(255, 'ä'), _ => new string('ö', 255));

        await _world.PutAsync(DeliveryWorld.Webhook with
        {
            Subscription = new(names, null), Target = new DeliveryTarget.Topic("out", headers),
        });

        var stored = await _world.Deliveries(_world.Log.Second).FindAsync(DeliveryWorld.Group, default);
        Assert.Equal(names, stored!.Settings.Subscription.Topics);
        Assert.Equal(headers, Assert.IsType<DeliveryTarget.Topic>(stored.Settings.Target).Headers);
    }

    [Fact]
    public async Task Latest_is_the_end_when_the_delivery_is_made_not_when_a_worker_comes()
    {
        await _world.Log.FillAsync(0, 2);
        await _world.PutAsync(DeliveryWorld.Webhook with { Start = DeliveryStart.Latest });
        await _world.Log.FillAsync(0, 1);

        Core.Tests.Groups.TestLoop.Run(_world.Clock, async () => await _world.WorkAsync());

        Assert.Equal((2, 3), (Assert.Single(_world.Sent).FirstOffset, _world.Sent[0].NextOffset));
    }

    [Fact]
    public async Task A_partition_of_which_the_group_has_an_offset_begins_there()
    {
        await _world.Log.FillAsync(0, 3);
        await _world.Log.First.Groups.ResetAsync(DeliveryWorld.Group, [new(new("in", 0), SeekKind.Offset, 1)], default);
        await _world.PutAsync(DeliveryWorld.Webhook with { Start = DeliveryStart.Latest });

        Core.Tests.Groups.TestLoop.Run(_world.Clock, async () => await _world.WorkAsync());

        Assert.Equal(1, Assert.Single(_world.Sent).FirstOffset);
    }

    [Fact]
    public async Task Topics_that_a_change_adds_begin_where_it_says_and_the_others_go_on()
    {
        await _world.PutAsync(DeliveryWorld.Webhook with { Start = DeliveryStart.Latest });
        await _world.Log.FillAsync(0, 1);
        await _world.AppendAsync("out", 0, "old");

        await _world.PutAsync(DeliveryWorld.Webhook with { Start = DeliveryStart.Latest, Subscription = new(["in", "out"], null) });
        await _world.AppendAsync("out", 0, "new");
        Core.Tests.Groups.TestLoop.Run(_world.Clock, async () => await _world.WorkAsync());

        Assert.Equal(["0-0", "new"], _world.Sent.SelectMany(DeliveryWorld.Values).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_change_keeps_the_secret_and_whether_it_is_paused()
    {
        await _world.PutAsync(DeliveryWorld.Webhook);
        await _world.Admin(_world.Log.First).SetPausedAsync(DeliveryWorld.Group, true, default);

        var put = await _world.Admin(_world.Log.Second).PutAsync(
            DeliveryWorld.Group, DeliveryWorld.Webhook with { RecordsMax = 3 }, null, null, default);

        Assert.Equal((false, true, 3), (put.Value!.IsNew, put.Value.Delivery.Paused, put.Value.Delivery.Settings.RecordsMax));
        Assert.Equal([1, 2, 3], put.Value.Delivery.Secret.ToArray());
    }

    [Fact]
    public async Task What_cannot_work_is_refused_with_what_is_wrong()
    {
        var (webhook, retry) = (DeliveryWorld.Webhook, new RetryPolicy { AttemptsMax = 2 });
        (DeliverySettings Settings, string Says)[] refused =
        [
            (webhook with { Subscription = new([], null) }, "topics or topic_pattern"),
            (webhook with { Subscription = new(["in"], "in") }, "not both"),
            (webhook with { Subscription = new(null, "(") }, "topic_pattern"),
            (webhook with { Subscription = new(["in", "__consumer_offsets"], null) }, "__consumer_offsets"),
            (webhook with { RecordsMax = 0 }, "batch.max.records"),
            (webhook with { RecordsMax = DeliveryRules.RecordsMax + 1 }, "batch.max.records"),
            (webhook with { BytesMax = DeliveryRules.BytesMax + 1 }, "batch.max.bytes"),
            (webhook with { Linger = DeliveryRules.LingerMax + TimeSpan.FromMilliseconds(1) }, "batch.wait.ms"),
            (webhook with { WorkersMax = DeliveryRules.WorkersMax + 1 }, "workers.max"),
            (webhook with { Retry = new RetryPolicy { BackoffMin = TimeSpan.FromHours(2) } }, "retry.backoff"),
            (webhook with { Retry = retry }, "dead_letter_topic"),
            (webhook with { DeadLetterTopic = "letters" }, "retry.attempts"),
            (webhook with { Retry = retry, DeadLetterTopic = "none" }, "There is no topic none"),
            (webhook with { Retry = retry, DeadLetterTopic = "in" }, "dead_letter_topic is one of"),
            (webhook with { Target = new DeliveryTarget.Topic("in", new Dictionary<string, string>()) }, "The target is one of"),
            (webhook with { Target = new DeliveryTarget.Topic("none", new Dictionary<string, string>()) }, "There is no topic none"),
            (webhook with { Target = new DeliveryTarget.Handler("nobody") }, "There is no handler nobody"),
        ];
        foreach (var (settings, says) in refused)
        {
            var put = await _world.Admin(_world.Log.First).PutAsync(DeliveryWorld.Group, settings, new byte[] { 1 }, null, default);
            Assert.Equal(ErrorCode.PolicyViolation, put.Error);
            Assert.Contains(says, put.Message);
        }

        var unsigned = await _world.Admin(_world.Log.First).PutAsync(DeliveryWorld.Group, webhook, null, null, default);
        Assert.Contains("target.secret is missing", unsigned.Message);
        Assert.Null(await _world.Deliveries(_world.Log.First).FindAsync(DeliveryWorld.Group, default));
    }

    [Fact]
    public async Task A_change_whose_reply_was_lost_is_answered_as_it_was_made()
    {
        var lossy = _world.Log.Start();
        (lossy.Stores.Failure, lossy.Stores.At) = (Transactions.Failure.LostReply, 1);
        var put = await _world.Admin(lossy).PutAsync(DeliveryWorld.Group, DeliveryWorld.Webhook, new byte[] { 1 }, null, default);
        Assert.True(put.Value!.IsNew);

        var forgetful = _world.Log.Start();
        (forgetful.Stores.Failure, forgetful.Stores.At) = (Transactions.Failure.LostReply, 1);
        Assert.True(await _world.Admin(forgetful).DeleteAsync(DeliveryWorld.Group, default));
        Assert.False(await _world.Admin(_world.Log.First).DeleteAsync(DeliveryWorld.Group, default));
    }

    [Fact]
    public void A_request_that_comes_late_leaves_out_nothing_that_came_since_another_made_the_delivery()
    {
        for (var (call, calls) = (1, int.MaxValue); call <= calls; call++)
        {
            var world = new DeliveryWorld();
            world.Run(async () =>
            {
                await world.Log.FillAsync(0, 1);
                var seen = 0;
                world.Log.First.Stores.Before = async () =>
                {
                    if (++seen == call)
                    {
                        Assert.Equal(ErrorCode.None, (await PutAsync(world, world.Log.Second)).Error);
                        await world.Log.FillAsync(0, 3);
                    }
                };
                await PutAsync(world, world.Log.First);
                (calls, world.Log.First.Stores.Before) = (seen, null);

                await world.WorkAsync(world.Log.Second);
            });

            // Where it was not made at all, in a run with fewer calls, there is nothing to see.
            Assert.True(call > calls || world.SentTo(0).SequenceEqual(["0-0", "0-1", "0-2"]), $"Before call {call}: {string.Join(' ', world.SentTo(0))}");
        }
    }

    private static ValueTask<GroupAnswer<DeliveryChange>> PutAsync(DeliveryWorld world, Transactions.Process by) =>
        world.Admin(by).PutAsync(DeliveryWorld.Group, FromNowOn, new byte[] { 1, 2, 3 }, null, default);
}
