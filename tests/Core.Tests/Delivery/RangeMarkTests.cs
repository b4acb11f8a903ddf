using Serverless.Core.Delivery;
using Xunit;

namespace Serverless.Core.Tests.Delivery;

public sealed class RangeMarkTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_was_written_down_is_read_again()
    {
        var range = new RangeMark(5, 9);
        var failed = range.Failed("\"bad\"", Now, TimeSpan.FromSeconds(3)).Failed("worse", Now.AddSeconds(4), TimeSpan.FromSeconds(6));

        Assert.Equal(range, RangeMark.Of(new(5, range.Encode())));
        Assert.Equal(failed, RangeMark.Of(new(5, failed.Encode())));
        Assert.Equal((2, Now, Now.AddSeconds(10), "worse"), (failed.Attempts, failed.FirstAt, failed.Due, failed.Error));
    }

    [Fact]
    public void A_text_of_any_length_fits_what_a_commit_may_have()
    {
        var failed = new RangeMark(long.MaxValue - 1, long.MaxValue).Failed(new string('\u0001', 100_000), Now, TimeSpan.FromDays(1));

        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(failed.Encode()), 1, 4096);
    }

    [Theory]
    [InlineData("")]
    [InlineData("mine")]
    [InlineData("""{"delivery":""")]
    [InlineData("""{"delivery":{}}""")]
    [InlineData("""{"delivery":[1]}""")]
    [InlineData("""{"delivery":{"from":5,"to":"9"}}""")]
    [InlineData("""{"delivery":{"from":5,"to":5}}""")]
    [InlineData("""{"delivery":{"from":6,"to":9}}""")]
    [InlineData("""{"delivery":{"from":5,"to":9,"attempts":1}}""")]
    [InlineData("""{"delivery":{"from":5,"to":9,"attempts":1,"first_ms":9223372036854775807,"due_ms":1,"error":""}}""")]
    [InlineData("""{"delivery":{"from":5,"to":99999999999999999999}}""")]
    public void Metadata_of_anybody_else_is_no_range(string metadata) => Assert.Null(RangeMark.Of(new(5, metadata)));

    [Fact]
    public void Pauses_grow_to_their_bound_and_are_never_shorter_than_what_was_asked_for()
    {
        var policy = new RetryPolicy { BackoffMin = TimeSpan.FromSeconds(1), BackoffMax = TimeSpan.FromSeconds(60) };

        Assert.Equal([1, 2, 4, 32, 60, 60], new[] { 1, 2, 3, 6, 7, 1000 }.Select(n => policy.PauseAfter(n, null, 1).TotalSeconds));
        Assert.Equal(0.5, policy.PauseAfter(1, null, 0).TotalSeconds);
        Assert.Equal(7, policy.PauseAfter(1, TimeSpan.FromSeconds(7), 1).TotalSeconds);
        Assert.Equal(3600, policy.PauseAfter(1, TimeSpan.FromDays(9), 1).TotalSeconds);
    }
}
