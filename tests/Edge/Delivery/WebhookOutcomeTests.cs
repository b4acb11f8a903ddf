using System.Globalization;
using Serverless.Core.Delivery;
using Serverless.Edge.Fakes;
using Xunit;

namespace Serverless.Edge.Delivery;

public sealed class WebhookOutcomeTests : IDisposable
{
    private readonly HookWorld _world = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("200 OK")]
    [InlineData("201 Created")]
    [InlineData("202 Accepted")]
    [InlineData("204 No Content")]
    [InlineData("299 Fine")]
    public async Task A_2xx_is_done(string status) =>
        Assert.IsType<SendOutcome.Done>(await OutcomeAsync($"HTTP/1.1 {status}\r\n{Length(status)}\r\n"));

    [Theory]
    [InlineData("400 Bad Request", "The target answered 400.")]
    [InlineData("401 Unauthorized", "The target answered 401.")]
    [InlineData("407 Proxy Authentication Required", "The target answered 407.")]
    [InlineData("404 Not Found", "The target answered 404.")]
    [InlineData("500 secret stack", "The target answered 500.")]
    [InlineData("599 x", "The target answered 599.")]
    public async Task Another_status_is_a_failure_that_tells_the_number_alone(string status, string error) =>
        Assert.Equal(new SendOutcome.Failed(error), await OutcomeAsync($"HTTP/1.1 {status}\r\nContent-Length: 6\r\n\r\nsecret"));

    [Fact]
    public async Task A_410_says_that_the_target_wants_no_more() =>
        Assert.Equal(new SendOutcome.Gone("The target answered 410 Gone."), await OutcomeAsync("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"));

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_not_followed(int status)
    {
        using var elsewhere = new HookReceiver();

        var outcome = await OutcomeAsync($"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere.Url()}\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(new SendOutcome.Failed($"The target answered {status}; redirects are not followed."), outcome);
        Assert.Equal(0, elsewhere.Connections);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task Retry_After_is_told_in_seconds_or_as_a_date(int status)
    {
        var date = _world.Clock.GetUtcNow().AddSeconds(90).ToString("R", CultureInfo.InvariantCulture);

        Assert.Equal(After(status, 120), await OutcomeAsync($"HTTP/1.1 {status} x\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n"));
        Assert.Equal(After(status, 90), await OutcomeAsync($"HTTP/1.1 {status} x\r\nRetry-After: {date}\r\nContent-Length: 0\r\n\r\n"));
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("-1")]
    [InlineData("99999999999999999999")]
    [InlineData("1.5")]
    [InlineData("Mon, 99 Foo 2023 00:00:00 GMT")]
    public async Task A_Retry_After_that_is_none_counts_for_nothing(string value) => Assert.Equal(
        new SendOutcome.Failed("The target answered 503."),
        await OutcomeAsync($"HTTP/1.1 503 x\r\nRetry-After: {value}\r\nContent-Length: 0\r\n\r\n"));

    [Fact]
    public async Task A_Retry_After_that_has_passed_is_no_wait()
    {
        var failed = Assert.IsType<SendOutcome.Failed>(
            await OutcomeAsync("HTTP/1.1 503 x\r\nRetry-After: Mon, 01 Jan 2001 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n"));

        Assert.True(failed.After <= TimeSpan.Zero);
    }

    private async Task<SendOutcome> OutcomeAsync(string reply)
    {
        using var receiver = new HookReceiver(reply);
        return await _world.Target(receiver.Url()).SendAsync(HookWorld.Batch("1"), Cancellation);
    }

    private static SendOutcome.Failed After(int status, int seconds) =>
        new($"The target answered {status}.", TimeSpan.FromSeconds(seconds));

    private static string Length(string status) => status.StartsWith("204", StringComparison.Ordinal) ? "" : "Content-Length: 0\r\n";
}
