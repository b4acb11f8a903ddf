using Serverless.Core.Topics;
using Xunit;

namespace Serverless.Core.Tests.Topics;

public class Murmur2Tests
{
    [Theory]
    [InlineData("21", -973932308)]
    [InlineData("foobar", -790332482)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("a-little-bit-longer-string", -1486304829)]
    [InlineData("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)]
    [InlineData("abc", 479470107)]
    public void Hashes_are_those_of_Kafkas_Java_client(string key, int hash) =>
        Assert.Equal(hash, Murmur2.Hash(System.Text.Encoding.UTF8.GetBytes(key)));
}
