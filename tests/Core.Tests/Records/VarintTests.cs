using Serverless.Core.Records;
using Xunit;

namespace Serverless.Core.Tests.Records;

public class VarintTests
{
    public static TheoryData<long, string> Known => new()
    {
        { 0, "00" },
        { -1, "01" },
        { 1, "02" },
        { 63, "7e" },
        { -64, "7f" },
        { 64, "8001" },
        { -65, "8101" },
        { 8191, "fe7f" },
        { 8192, "808001" },
        { int.MaxValue, "feffffff0f" },
        { int.MinValue, "ffffffff0f" },
        { long.MaxValue, "feffffffffffffffff01" },
        { long.MinValue, "ffffffffffffffffff01" },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void Numbers_are_written_and_read_as_in_Protocol_Buffers(long value, string hex)
    {
        var buffer = new byte[10];
        var position = 0;

        var size = Varint.Write(buffer, value);
        var read = Varint.TryReadInt64(buffer, ref position, out var back);

        Assert.Equal(hex, Convert.ToHexStringLower(buffer.AsSpan(0, size)));
        Assert.Equal(size, Varint.Size(value));
        Assert.True(read);
        Assert.Equal(value, back);
        Assert.Equal(size, position);
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    [InlineData(-1)]
    [InlineData(0)]
    public void A_number_takes_the_same_bytes_as_an_int(int value)
    {
        var buffer = new byte[5];
        var position = 0;

        Varint.Write(buffer, value);
        var read = Varint.TryReadInt32(buffer, ref position, out var back);

        Assert.True(read);
        Assert.Equal(value, back);
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("ffffffff")]
    [InlineData("ffffffff1f")]
    [InlineData("ffffffff8f00")]
    [InlineData("8080808010")]
    public void An_int_that_ends_early_or_has_more_than_32_bits_is_refused(string hex)
    {
        var position = 0;

        Assert.False(Varint.TryReadInt32(Convert.FromHexString(hex), ref position, out _));
    }

    [Theory]
    [InlineData("ffffffffffffffffff")]
    [InlineData("ffffffffffffffffff02")]
    [InlineData("ffffffffffffffffff8100")]
    public void A_long_that_ends_early_or_has_more_than_64_bits_is_refused(string hex)
    {
        var position = 0;

        Assert.False(Varint.TryReadInt64(Convert.FromHexString(hex), ref position, out _));
    }

    [Fact]
    public void A_number_may_take_more_bytes_than_it_needs()
    {
        var position = 0;

        var read = Varint.TryReadInt32([0x82, 0x80, 0x00], ref position, out var value);

        Assert.True(read);
        Assert.Equal(1, value);
        Assert.Equal(3, position);
    }
}
