using Serverless.Core.Groups.Rows;
using Serverless.Core.Groups.View;
using Serverless.Core.Records;
using Serverless.Core.Topics;
using Xunit;

namespace Serverless.Core.Tests.Groups.View;

public sealed class OffsetsTopicTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("g", 3)]
    [InlineData("hello", 22)]
    [InlineData("console-consumer-42", 37)]
    [InlineData("é", 33)]
    [InlineData("\U0001f600", 49)]
    [InlineData("polygenelubricants", 0)]
    public void A_group_is_where_Kafka_puts_it(string group, int partition) =>
        Assert.Equal(partition, OffsetsTopic.PartitionOf(group));

    [Fact]
    public void No_topic_can_be_taken_for_it()
    {
        Assert.False(TopicName.IsLegal(OffsetsTopic.Name));
        Assert.DoesNotMatch("^[0-9a-f]+$", OffsetsTopic.Topic.Id);
        Assert.True(OffsetsTopic.Topic.IsInternal);
        Assert.Equal("compact", OffsetsTopic.Topic.Settings.Effective.Single(setting => setting.Name == "cleanup.policy").Value);
    }

    [Fact]
    public void A_commit_has_the_bytes_that_Kafka_would_have_written()
    {
        var row = new PartitionRow(new("t", 7))
        {
            Committed = 258, Metadata = "é", CommittedAt = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000),
        };

        Assert.Equal("0001" + "000167" + "000174" + "00000007", Convert.ToHexString(OffsetRecord.Key("g", row.At)));
        Assert.Equal(
            "0003" + "0000000000000102" + "FFFFFFFF" + "0002C3A9" + "0000018BCFE56800", Convert.ToHexString(OffsetRecord.Value(row)));
    }

    [Fact]
    public void A_commit_is_a_valid_batch_of_its_own()
    {
        var commit = new OffsetsPartition.Commit(
            1L << 52, [1, 2], new PartitionRow(new("t", 0)) { Committed = 1, CommittedAt = DateTimeOffset.FromUnixTimeMilliseconds(5) });

        var batch = OffsetRecord.Batch(commit);

        Assert.Equal(BatchCheck.Valid, RecordBatch.Check(batch, out var header, out _));
        Assert.Equal((1L << 52, (1L << 52) + 1, 5L), (header.BaseOffset, header.NextOffset, header.MaxTimestamp));
    }
}
