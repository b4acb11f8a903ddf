using System.Collections.Immutable;
using Serverless.Core.Groups;
using Serverless.Core.Groups.Rows;
using Serverless.Core.Storage.Rows;
using Xunit;

namespace Serverless.Core.Tests.Groups.Rows;

public sealed class RowCodecTests
{
    private static readonly DateTimeOffset Now = new(2026, 2, 3, 4, 5, 6, TimeSpan.Zero);

    [Fact]
    public void A_partition_row_comes_back_as_it_was()
    {
        var row = new PartitionRow(new("t|ä", 12))
        {
            TopicId = "id", Owner = "me", AssignmentEpoch = 7, Committed = 1L << 40, Metadata = "m", CommittedAt = Now,
            Position = 5, Delivered = 4,
        };

        Assert.Equal(row, PartitionRow.Decode(row.Encode()));
        var waiting = row with { Pending = new(new("tid", 1L << 40, 7), 1L << 41, "p") };
        Assert.Equal(waiting, PartitionRow.Decode(waiting.Encode()));
        Assert.DoesNotContain(row.Encode().Keys, column => column.StartsWith("pending", StringComparison.Ordinal));
        Assert.Equal("o|t=7c=c3=a4|00012", row.RowKey);
    }

    [Theory]
    [InlineData("topics")]
    [InlineData("pattern")]
    [InlineData("neither")]
    public void A_consumer_row_comes_back_as_it_was(string consumes)
    {
        var row = new ConsumerRow("c", "id", new ConsumerSettings
        {
            Format = RecordFormat.Json, AutoOffsetReset = AutoOffsetReset.None, AutoCommit = false, FetchMinBytes = -1,
            RequestTimeout = TimeSpan.FromMilliseconds(1), IsolationLevel = IsolationLevel.ReadCommitted,
            DeliveryMode = DeliveryMode.AtMostOnce, GroupInstanceId = "s", Assignor = "range",
            SessionTimeout = TimeSpan.FromSeconds(6), InstanceTimeout = TimeSpan.FromSeconds(7),
        })
        {
            Subscription = consumes switch
            {
                "topics" => new(["a", "b"], null),
                "pattern" => new(null, "a.*"),
                _ => null,
            },
            Manual = [new(new("t", 1), "id", 1L << 40, -1)],
            Incarnation = "i", JoinedEpoch = 3, SeenEpoch = 4, Lease = Now, Expires = Now.AddDays(1), PolledAt = Now.AddDays(2),
            Turn = new("t", 1), Stamps = "a,b",
        };

        var decoded = ConsumerRowCodec.Decode(row.Encode());

        Assert.Equal(row.Subscription?.Topics ?? [], decoded.Subscription?.Topics ?? []);
        Assert.Equal(row.Subscription?.Pattern, decoded.Subscription?.Pattern);
        Assert.Equal(row.Manual, decoded.Manual.AsEnumerable());
        Assert.Equal(row with { Subscription = null, Manual = [] }, decoded with { Subscription = null, Manual = [] });
    }

    [Fact]
    public void A_group_row_comes_back_as_it_was_beyond_what_one_property_holds()
    {
        var target = new GroupTarget(
            [.. Enumerable.Range(0, 300).Select(index => new TargetTopic($"{index:D3}{new string('t', 240)}", "id", 3, 1))],
            [new("a", "1"), new("b", "2")],
            Enumerable.Range(0, 300).ToImmutableSortedDictionary(
                index => new TopicPartition($"{index:D3}{new string('t', 240)}", 2), index => index % 2 == 0 ? "a" : "b"));
        var row = new GroupRow("g") { Epoch = 9, Assignor = "range", Stamps = "s", Target = target };

        var columns = row.Encode();
        var decoded = GroupRow.Decode(columns);

        Assert.True(columns.ContainsKey("target1"));
        Assert.Equal((9, "range", "s", "g"), (decoded.Epoch, decoded.Assignor, decoded.Stamps, decoded.Name));
        Assert.Equal(target.Topics, decoded.Target.Topics.AsEnumerable());
        Assert.Equal(target.Members, decoded.Target.Members.AsEnumerable());
        Assert.Equal(target.Owners, decoded.Target.Owners);
    }

    [Fact]
    public void An_index_row_comes_back_as_it_was()
    {
        var row = new IndexRow("a b", Now);

        Assert.Equal(row, IndexRow.Decode(row.Encode()));
        Assert.Equal(("all|a=20b", "live|a=20b"), (IndexRow.AllKey("a b"), IndexRow.LiveKey("a b")));
    }

    [Fact]
    public void Stamps_keep_the_last_few()
    {
        var stamps = Enumerable.Range(0, 9).Aggregate("", (kept, stamp) => Stamps.Add(kept, $"s{stamp}"));

        Assert.Equal("s8,s7,s6,s5,s4,s3", stamps);
        Assert.True(Stamps.Holds(stamps, "s3"));
        Assert.False(Stamps.Holds(stamps, "s"));
        Assert.False(Stamps.Holds("", "s"));
    }
}
