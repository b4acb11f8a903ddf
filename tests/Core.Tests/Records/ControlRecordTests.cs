using Serverless.Core.Records;
using Xunit;

namespace Serverless.Core.Tests.Records;

public class ControlRecordTests
{
    [Theory]
    [InlineData(ControlRecord.Abort, 0)]
    [InlineData(ControlRecord.Commit, 0)]
    [InlineData(ControlRecord.SegmentEnd, 0)]
    [InlineData(ControlRecord.TopicClosed, 0)]
    [InlineData(ControlRecord.SegmentEnd, 5)]
    public void The_type_is_read_whatever_the_version(short type, short version)
    {
        var batch = RecordBatchBuilder.BuildControl(type, version, [], 12);

        Assert.Equal(BatchCheck.Valid, RecordBatch.Check(batch, out var header, out _));
        Assert.True(header.IsControl);
        Assert.False(header.IsTransactional);
        Assert.Equal((12, 1), (header.MaxTimestamp, header.NextOffset));
        Assert.True(ControlRecord.TryReadType(batch, out var back));
        Assert.Equal(type, back);
    }

    [Theory]
    [InlineData("0020", "000000 08 00000064 01 00", true)]
    [InlineData("0020", "000000 0c 000000640000 01 00", true)] // a later version's longer key
    [InlineData("0000", "000000 08 00000064 01 00", false)]    // data
    [InlineData("0021", "000000 08 00000064 01 00", false)]    // compressed
    [InlineData("0020", "000000 06 000000 01 00", false)]      // key too short
    [InlineData("0020", "000000 01 01 00", false)]             // null key
    [InlineData("0020", "000000 08 ffff0064 01 00", false)]    // negative version
    [InlineData("0020", "000000 08 00000064 01 01", false)]    // not a record
    public void Only_a_control_record_has_a_type(string attributes, string body, bool typed)
    {
        var bytes = Reference.Hex(body);
        var batch = Reference.Batch(attributes, 0, 1, [(byte)(bytes.Length * 2), .. bytes]);

        Assert.Equal(typed, ControlRecord.TryReadType(batch, out var type));
        Assert.Equal(typed ? ControlRecord.SegmentEnd : 0, type);
    }

    [Fact]
    public void A_type_of_our_own_belongs_to_no_producer() =>
        Assert.Throws<ArgumentException>(
            () => RecordBatchBuilder.BuildControl(ControlRecord.SegmentEnd, 0, [], 0, producerId: 1, producerEpoch: 0));

    [Fact]
    public void Part_of_a_control_batch_has_no_type()
    {
        var batch = RecordBatchBuilder.BuildControl(ControlRecord.Commit, 0, [], 0);

        for (var length = 0; length < batch.Length; length++)
        {
            Assert.False(ControlRecord.TryReadType(batch.AsSpan(0, length), out _));
        }

        Assert.False(ControlRecord.TryReadType(Reference.Batch("0020", 0, 0, []), out _));
    }
}
