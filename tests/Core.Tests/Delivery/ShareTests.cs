using Serverless.Core.Tests.Transactions;
using Xunit;

namespace Serverless.Core.Tests.Delivery;

public sealed class ShareTests
{
    private readonly TransactionWorld _world = new();

    [Fact]
    public async Task What_a_share_says_of_the_services_clock_is_of_when_it_is_answered()
    {
        var by = _world.First;
        await TransactionWorld.JoinAsync(by, "worker");
        by.Stores.At = by.Stores.Changes + 1;
        by.Stores.Failure = Failure.LostReply;
        by.Stores.Before = () =>
        {
            // Nobody hears of the change, for as long as a request may take.
            _world.Clock.Advance(by.Stores.Changes == by.Stores.At ? TimeSpan.FromSeconds(20) : TimeSpan.Zero);
            return Task.CompletedTask;
        };

        var share = await by.Groups.ShareAsync(TransactionWorld.Group, "worker", fresh: true, default);

        Assert.True(_world.Clock.Elapsed > TimeSpan.FromSeconds(20));
        Assert.InRange(share.Value!.Now, _world.Clock.GetUtcNow().AddSeconds(-1), _world.Clock.GetUtcNow());
    }
}
