using Serverless.Core.Groups;
using Serverless.Core.Groups.Rows;
using Xunit;

namespace Serverless.Core.Tests.Groups;

public sealed class GroupCacheTests
{
    private readonly GroupCache _cache = new(groupsMax: 2);

    [Fact]
    public void What_was_asked_for_later_is_kept()
    {
        _cache.Keep(Read(epoch: 3, at: 2));
        _cache.Keep(Read(epoch: 3, at: 1));

        Assert.Equal(2, _cache.Find("g")!.ReadAt);
    }

    [Fact]
    public void A_higher_epoch_is_kept_though_it_was_asked_for_earlier()
    {
        _cache.Keep(Read(epoch: 3, at: 2));
        _cache.Keep(Read(epoch: 4, at: 1));

        Assert.Equal(4, _cache.Find("g")!.Group!.Value.Row.Epoch);
    }

    private static GroupState Read(int epoch, long at) =>
        new("g") { Group = new(new GroupRow("g") { Epoch = epoch }, "etag"), ReadAt = at };
}
