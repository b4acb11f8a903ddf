using Serverless.Chaos.Workload;

namespace Serverless.Chaos.Tests;

public sealed class ValuesTests
{
    [Fact]
    public void A_whole_value_tells_its_name()
    {
        Assert.Equal("p1-17", Values.NameOf(Values.Of("p1-17", 0)));
        Assert.Equal("p1-17", Values.NameOf(Values.Of("p1-17", 300)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("p1-17")]
    [InlineData("p1-17 ... 00000000")]
    public void Anything_else_has_none(string? value) => Assert.Null(Values.NameOf(value));

    [Fact]
    public void A_value_that_is_cut_or_mixed_up_has_none()
    {
        var value = Values.Of("p1-17", 20);

        Assert.All(Enumerable.Range(0, value.Length), length => Assert.Null(Values.NameOf(value[..length])));
        Assert.Null(Values.NameOf(value.Replace('7', '8')));
    }
}
