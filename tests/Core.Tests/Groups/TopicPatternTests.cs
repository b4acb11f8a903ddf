using Serverless.Core.Groups;
using Xunit;

namespace Serverless.Core.Tests.Groups;

public sealed class TopicPatternTests
{
    [Fact]
    public void A_pattern_means_whole_names()
    {
        var expression = TopicPattern.Find("a|b.*")!;

        Assert.Matches(expression, "a");
        Assert.Matches(expression, "bc");
        Assert.DoesNotMatch(expression, "ab");
        Assert.DoesNotMatch(expression, "ca");
    }

    [Theory]
    [InlineData("a)|(?:b")]
    [InlineData("[")]
    [InlineData(@"(a)\1")]
    public void What_is_no_pattern_alone_is_none(string pattern) => Assert.Null(TopicPattern.Find(pattern));

    [Fact]
    public void A_longer_pattern_is_none()
    {
        Assert.NotNull(TopicPattern.Find(new string('a', TopicPattern.LengthMax)));
        Assert.Null(TopicPattern.Find(new string('a', TopicPattern.LengthMax + 1)));
    }

    [Fact]
    public void However_many_there_are_each_means_its_own()
    {
        for (var round = 0; round < 2; round++)
        {
            for (var number = 0; number < 200; number++)
            {
                Assert.Matches(TopicPattern.Find($"kept{number}")!, $"kept{number}");
            }
        }
    }
}
