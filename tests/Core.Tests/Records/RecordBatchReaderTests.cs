using Serverless.Core.Records;
using Xunit;

namespace Serverless.Core.Tests.Records;

public class RecordBatchReaderTests
{
    private static readonly byte[] First = Built(0, 3), Second = Built(3, 1);

    [Fact]
    public void Batches_back_to_back_come_one_by_one()
    {
        byte[] both = [.. First, .. Second];
        var reader = new RecordBatchReader(both);

        Assert.True(reader.TryRead(out var header, out var batch));
        Assert.Equal((0, 3), (header.BaseOffset, header.NextOffset));
        Assert.Equal(First, batch);
        Assert.True(reader.TryRead(out header, out batch));
        Assert.Equal((3, 4), (header.BaseOffset, header.NextOffset));
        Assert.Equal(Second, batch);
        Assert.False(reader.TryRead(out _, out _));
        Assert.Equal(both.Length, reader.Position);
    }

    [Fact]
    public void A_part_of_a_batch_at_the_end_is_left_out()
    {
        byte[] both = [.. First, .. Second];

        for (var length = First.Length; length < both.Length; length++)
        {
            var reader = new RecordBatchReader(both.AsSpan(0, length));

            Assert.True(reader.TryRead(out _, out _));
            Assert.False(reader.TryRead(out _, out var rest));
            Assert.True(rest.IsEmpty);
            Assert.Equal(First.Length, reader.Position);
        }
    }

    [Fact]
    public void What_is_not_a_batch_is_an_error_and_not_the_end()
    {
        byte[] bytes = [.. First, .. new byte[100]];

        var invalid = Assert.Throws<InvalidRecordException>(() =>
        {
            var reader = new RecordBatchReader(bytes);
            while (reader.TryRead(out _, out _))
            {
            }
        });

        Assert.Equal(First.Length, invalid.Position);
    }

    private static byte[] Built(long baseOffset, int count)
    {
        using var builder = new RecordBatchBuilder();
        for (var index = 0; index < count; index++)
        {
            builder.Add(index, default, true, "value"u8, false);
        }

        var batch = builder.Build();
        RecordBatch.Stamp(batch, baseOffset, 0);
        return batch;
    }
}
