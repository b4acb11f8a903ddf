namespace Serverless.Http.BadInput;

/// <summary>The requests that are mutated are good ones, or mutation would test refusals alone.</summary>
public sealed class ValidRequestTests(BadInputFixture service) : IClassFixture<BadInputFixture>
{
    [Fact]
    public async Task Every_good_request_works_unchanged()
    {
        foreach (var request in ValidRequests.All)
        {
            var answer = await request.SendAsync(service);

            // It has as many partitions already, its name is taken, and its token is nobody's: those are good but for that.
            Assert.True(answer.Status < 300 || answer.ErrorCode is 40002 or 40956, $"{request}: {answer.Status} {answer.Text}");
        }
    }
}
