using Serverless.Core.Records;
using Xunit;

namespace Serverless.Core.Tests.Records;

public class Crc32CTests
{
    public static TheoryData<string, uint> Published => new()
    {
        // The check value of the catalogue of parametrised CRC algorithms, of "123456789".
        { "313233343536373839", 0xE3069283 },

        // RFC 3720, B.4 (there as bytes on the wire, the least significant first).
        { string.Concat(Enumerable.Repeat("00", 32)), 0x8A9136AA },
        { string.Concat(Enumerable.Repeat("ff", 32)), 0x62A8AB43 },
        { "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 0x46DD794E },
        { "1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100", 0x113FDB5C },
        {
            "01c00000000000000000000000000000140000000000040000000014000000182800000000000000" + "0200000000000000",
            0xD9963A56
        },
        { "", 0 },
    };

    [Theory]
    [MemberData(nameof(Published))]
    public void The_checksum_of_published_bytes_is_the_published_one(string hex, uint checksum) =>
        Assert.Equal(checksum, Crc32C.Compute(Convert.FromHexString(hex)));

    [Fact]
    public void Every_length_and_alignment_agrees_with_the_definition()
    {
        var bytes = new byte[80];
        new Random(1).NextBytes(bytes);

        for (var start = 0; start < 9; start++)
        {
            for (var length = 0; length <= bytes.Length - start; length++)
            {
                var slice = bytes.AsSpan(start, length);
                Assert.Equal(Reference.Crc32C(slice), Crc32C.Compute(slice));
            }
        }
    }
}
