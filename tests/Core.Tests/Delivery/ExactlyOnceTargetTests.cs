using System.Text;
using Serverless.Core.Delivery;
using Serverless.Core.Records;
using Serverless.Core.Tests.Groups;
using Serverless.Core.Tests.Transactions;
using Xunit;

namespace Serverless.Core.Tests.Delivery;

/// <summary>Targets within the service's own storage: what comes of a record is there once, whoever dies on the way.</summary>
public sealed class ExactlyOnceTargetTests
{
    private static readonly DeliverySettings Mirror =
        DeliveryWorld.Webhook with { Target = new DeliveryTarget.Topic("out", new Dictionary<string, string>()), RecordsMax = 2 };

    private static readonly DeliverySettings Counting =
        DeliveryWorld.Webhook with { Target = new DeliveryTarget.Handler("counter"), RecordsMax = 2 };

    private readonly JumpClock _clock = new();

    [Fact]
    public void A_copy_has_each_record_once_in_its_order_whichever_change_of_storage_goes_wrong() => EachWay(
        Mirror,
        async world => Assert.Equal(["0-0", "0-1", "0-2", "0-3", "0-4"], await world.Log.ReadAsync()));

    [Fact]
    public void Rows_of_a_handler_tell_each_record_once_whichever_change_of_storage_goes_wrong() => EachWay(
        Counting,
        async world =>
        {
            var row = await world.RowAsync("0");
            Assert.Equal("0-0,0-1,0-2,0-3,0-4,", row!.Columns["seen"]);
        });

    [Fact]
    public void A_filter_takes_the_records_that_have_all_its_headers() => TestLoop.Run(_clock, async () =>
    {
        var world = new DeliveryWorld(_clock);
        var filter = new Dictionary<string, string> { ["kind"] = "order", ["country"] = "de" };
        await world.PutAsync(Mirror with { Target = new DeliveryTarget.Topic("out", filter) });
        await world.ProduceAsync("in", 0, "a", ("kind", "order"));
        await world.ProduceAsync("in", 0, "b", ("kind", "order"), ("country", "de"), ("more", ""));
        await world.ProduceAsync("in", 0, "c", ("kind", "offer"), ("country", "de"));
        await world.ProduceAsync("in", 0, "d", ("country", "de"), ("kind", "offer"), ("kind", "order"));

        await world.WorkAsync();

        var copies = await world.ReadAsync("out", 0);
        Assert.Equal(["b", "d"], copies.Select(copy => Encoding.UTF8.GetString(copy.Value!.Value.Span)));
        Assert.Equal(["kind", "country", "more"], copies[0].Headers.Select(header => header.Key));
        Assert.Equal(4, await world.CommittedAsync(0));
    });

    [Fact]
    public void A_copy_is_the_same_record_whatever_of_it_is_null_or_empty() => TestLoop.Run(_clock, async () =>
    {
        var world = new DeliveryWorld(_clock);
        await world.PutAsync(Mirror);
        await world.ProduceAsync("in", 0, key: null, value: null, new RecordHeader("n", null), new RecordHeader("e", Array.Empty<byte>()));
        await world.ProduceAsync("in", 0, key: "", value: "");
        await world.ProduceAsync("in", 0, key: "k", value: "v");

        await world.WorkAsync();

        var copies = await world.ReadAsync("out", 0);
        Assert.Equal([null, "", "k"], copies.Select(copy => Text(copy.Key)));
        Assert.Equal([null, "", "v"], copies.Select(copy => Text(copy.Value)));
        Assert.Equal([null, ""], copies[0].Headers.Select(header => Text(header.Value)));
        Assert.Equal([0, 0, 0], copies.Select(copy => copy.Timestamp));
    });

    [Fact]
    public void A_handler_that_throws_is_given_the_same_batch_again_and_its_rows_stay_as_they_were() => TestLoop.Run(_clock, async () =>
    {
        var world = new DeliveryWorld(_clock);
        var counter = new Counter { Throws = 2 };
        world.Handlers.Add(counter);
        await world.PutAsync(Counting);
        await world.Log.FillAsync(0, 2);

        await world.WorkAsync();

        Assert.Equal([1, 2, 3], counter.Attempts);
        Assert.Single(counter.Keys.Distinct());
        var row = await world.RowAsync("0");
        Assert.Equal("0-0,0-1,", row!.Columns["seen"]);
    });

    [Fact]
    public void Where_a_row_of_a_handler_was_changed_by_others_the_batch_is_handled_again_on_what_they_left() => TestLoop.Run(_clock, async () =>
    {
        var world = new DeliveryWorld(_clock);
        var counter = new Counter { Meets = context => OverwriteAsync(world, context) };
        world.Handlers.Add(counter);
        await world.PutAsync(Counting);
        await world.Log.FillAsync(0, 1);

        await world.WorkAsync();

        var row = await world.RowAsync("0");
        Assert.Equal("other,0-0,", row!.Columns["seen"]);
    });

    [Fact]
    public void An_effect_that_a_handler_claims_is_done_once_though_its_batch_comes_again() => TestLoop.Run(_clock, async () =>
    {
        var world = new DeliveryWorld(_clock);
        var mails = new List<string>();
        var counter = new Counter { Throws = 2 };
        counter.Does = async (record, context) => await context.Effects.RunOnceAsync(
            $"{context.At}@{record.Offset}",
            _ =>
            {
                mails.Add(Encoding.UTF8.GetString(record.Value!.Value.Span));
                return new(ReadOnlyMemory<byte>.Empty);
            },
            default);
        world.Handlers.Add(counter);
        await world.PutAsync(Counting);
        await world.Log.FillAsync(0, 2);

        await world.WorkAsync();

        Assert.Equal([1, 2, 3], counter.Attempts);
        Assert.Equal(["0-0", "0-1"], mails);
    });

    [Fact]
    public void Copies_of_a_topic_that_was_made_anew_meanwhile_do_not_move_the_group_on_in_the_new_one() => TestLoop.Run(_clock, async () =>
    {
        var world = new DeliveryWorld(_clock);
        var (by, at) = (world.Log.First, new Core.TopicPartition("in", 0));
        await TransactionWorld.JoinAsync(by, "__delivery-1", new() { AutoOffsetReset = Core.Groups.AutoOffsetReset.Earliest });
        var former = await StandsAsync();
        var step = new PartitionTransactions(
            by.Transactions, world.Options, DeliveryWorld.Group, "__delivery-1", at, former.TopicId);
        world.Log.Topics.Make("in", 2);

        // Both stand at their start.
        var anew = await StandsAsync();
        Assert.NotEqual(former.TopicId, anew.TopicId);
        Assert.Equal(former.Mark, anew.Mark);
        var copy = new DeliveredRecord(0, 0, null, "old"u8.ToArray(), []);
        var (error, _) = await step.MoveAsync(world.Log.Out, [copy.To(0)], former.Mark, new(1, ""), default);

        Assert.Equal(ErrorCode.StaleMemberEpoch, error);
        Assert.Empty(await world.ReadAsync("out", 0));
        Assert.Equal(anew.Mark, (await StandsAsync()).Mark);

        async Task<Core.Groups.SharePartition> StandsAsync() =>
            (await by.Groups.ShareAsync(DeliveryWorld.Group, "__delivery-1", fresh: true, default)).Value!
            .Partitions.Single(partition => partition.At == at);
    });

    [Theory]
    [InlineData(1, 40_000)]
    [InlineData(70, 30_000)]
    public void A_handler_whose_rows_cannot_be_stored_has_failed(int rows, int length) => TestLoop.Run(_clock, async () =>
    {
        var world = new DeliveryWorld(_clock);
        var columns = new Dictionary<string, object> { ["text"] = new string('x', length), ["more"] = new string('ä', length) };
        var counter = new Counter();
        counter.Does = (_, context) =>
        {
            for (var row = 0; row < rows; row++)
            {
                context.Set($"large-{row}", null, columns);
            }

            return default;
        };
        world.Handlers.Add(counter);
        await world.PutAsync(Counting with { DeadLetterTopic = "letters", Retry = new RetryPolicy { AttemptsMax = 2 } });
        await world.Log.FillAsync(0, 1);
        Assert.Equal(WorkEnd.Idle, await world.WorkAsync());

        Assert.Equal([1, 2], counter.Attempts);
        Assert.Single(await world.ReadAsync("letters", 0));
        Assert.Null(await world.RowAsync("0"));
    });

    [Fact]
    public void Rows_of_handlers_go_with_the_group() => TestLoop.Run(_clock, async () =>
    {
        var world = new DeliveryWorld(_clock);
        world.Handlers.Add(new Counter());
        await world.PutAsync(Counting);
        await world.Log.FillAsync(0, 1);
        await world.WorkAsync();

        Assert.Equal(ErrorCode.None, (await world.Log.First.Groups.DeleteGroupAsync(DeliveryWorld.Group, default)).Error);

        Assert.Null(await world.RowAsync("0"));
    });

    [Theory]
    [InlineData("__delivery-1", 0)]
    [InlineData("__delivery-1", 120)]
    [InlineData("__delivery-2", 120)]
    public void Wherever_a_worker_is_overtaken_in_its_sleep_each_record_counts_once(string by, int seconds) => TestLoop.Run(_clock, async () =>
    {
        var burying = DeliveryWorld.Webhook with
        {
            RecordsMax = 2, DeadLetterTopic = "letters", Retry = new RetryPolicy { AttemptsMax = 1 },
        };
        foreach (var settings in new[] { Mirror, Counting, burying })
        {
            for (var (at, more) = (1, true); more; at++)
            {
                var (world, calls) = (new DeliveryWorld(_clock), 0);
                world.Handlers.Add(new Counter());
                world.Answer = _ => new(new SendOutcome.Failed("500"));
                await world.PutAsync(settings);
                await world.Log.FillAsync(0, 5);
                var sleeps = world.Log.Start();
                sleeps.Stores.Before = async () =>
                {
                    if (++calls == at)
                    {
                        _clock.Advance(TimeSpan.FromSeconds(seconds));
                        await world.WorkAsync(world.Log.Second, by);
                    }
                };

                await world.WorkAsync(sleeps);
                more = calls >= at;
                await world.WorkAsync(world.Log.Start(), "__delivery-3");

                var found = settings == Mirror ? await world.Log.ReadAsync()
                    : settings == burying ? await world.Log.ReadAsync(world.Letters)
                    : [.. ((string)(await world.RowAsync("0"))!.Columns["seen"]).TrimEnd(',').Split(',')];
                Assert.True(
                    found.SequenceEqual(["0-0", "0-1", "0-2", "0-3", "0-4"]) && await world.CommittedAsync(0) == 5,
                    $"{settings.Target} at {at}: {string.Join(' ', found)}");
            }
        }
    });

    private void EachWay(DeliverySettings settings, Func<DeliveryWorld, Task> check) => TestLoop.Run(_clock, async () =>
    {
        foreach (var failure in Enum.GetValues<Failure>())
        {
            for (var (at, more) = (1, true); more; at++)
            {
                var world = new DeliveryWorld(_clock);
                world.Handlers.Add(new Counter());
                await world.PutAsync(settings);
                await world.Log.FillAsync(0, 5);
                var dying = world.Log.Start();
                (dying.Stores.Failure, dying.Stores.At) = (failure, at);
                try
                {
                    await world.WorkAsync(dying, "__delivery-1");
                }
                catch (CrashException)
                {
                }

                more = dying.Stores.Changes >= at;
                _clock.Advance(TimeSpan.FromMinutes(2));
                await TransactionWorld.SweepAsync(world.Log.Start());
                await world.WorkAsync(world.Log.Start(), "__delivery-2");
                await check(world);
                Assert.True(await world.CommittedAsync(0) == 5, $"{failure} at {at}");
            }
        }
    });

    private static string? Text(ReadOnlyMemory<byte>? bytes) => bytes is { } text ? Encoding.UTF8.GetString(text.Span) : null;

    private static async Task OverwriteAsync(DeliveryWorld world, HandlerContext context)
    {
        var key = Core.Groups.EffectRows.KeyOf(context.Group, "0");
        var row = new Dictionary<string, object> { ["seen"] = "other," };
        await world.Log.Rows.SubmitAsync("groups", key.Partition, [Storage.RowAction.Insert(key.Row, row)], default);
    }

    /// <summary>Writes down the values of each partition, one after the other, in a row of the group's own.</summary>
    private sealed class Counter : IRecordHandler
    {
        public string Name => "counter";

        public int Throws { get; set; }

        public Func<HandlerContext, Task>? Meets { get; set; }

        public Func<DeliveredRecord, HandlerContext, ValueTask>? Does { get; set; }

        public List<int> Attempts { get; } = [];

        public List<string> Keys { get; } = [];

        public async ValueTask HandleAsync(
            IReadOnlyList<DeliveredRecord> records, HandlerContext context, CancellationToken cancellationToken)
        {
            Attempts.Add(context.Attempt);
            Keys.Add(context.Key);
            var name = $"{context.At.Partition}";
            var found = await context.FindAsync(name, cancellationToken);
            var seen = (string?)found?.Columns["seen"] ?? "";
            seen = records.Aggregate(seen, (text, record) => $"{text}{Encoding.UTF8.GetString(record.Value!.Value.Span)},");
            context.Set(name, found, new Dictionary<string, object> { ["seen"] = seen });
            foreach (var record in Does is null ? [] : records)
            {
                await Does!(record, context);
            }

            if (Meets is { } meets)
            {
                Meets = null;
                await meets(context);
            }

            if (Attempts.Count <= Throws)
            {
                throw new InvalidOperationException("not now");
            }
        }
    }
}
