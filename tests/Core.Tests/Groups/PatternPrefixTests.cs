using Serverless.Core.Groups;
using Xunit;

namespace Serverless.Core.Tests.Groups;

public sealed class PatternPrefixTests
{
    [Theory]
    [InlineData("orders", "orders")]
    [InlineData("orders.*", "orders")]
    [InlineData("^orders.*", "orders")]
    [InlineData(@"orders\..*", "orders.")]
    [InlineData("orders-(eu|us)", "")]
    [InlineData("a|b", "")]
    [InlineData("abc?", "ab")]
    [InlineData("abc*", "ab")]
    [InlineData("abc{0,1}", "ab")]
    [InlineData("abc+d", "abc")]
    [InlineData(@"ab\.?c", "ab")]
    [InlineData(@"ab\dc", "ab")]
    [InlineData("ab[cd]", "ab")]
    [InlineData("ab(?i)cd", "ab")]
    [InlineData("(ab)", "")]
    [InlineData(".*", "")]
    [InlineData("", "")]
    [InlineData("^", "")]
    [InlineData(@"\", "")]
    public void All_that_a_pattern_can_match_begins_so(string pattern, string prefix)
    {
        Assert.Equal(prefix, PatternPrefix.Of(pattern));
    }
}
