using Microsoft.Extensions.Time.Testing;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Memory;

namespace Serverless.Contract.Rows;

public sealed class MemoryRowStoreTests : RowStoreContract
{
    protected override IRowStore Rows { get; } = new MemoryRowStore(TimeProvider.System);

    [Fact]
    public async Task The_service_clock_is_the_injected_one_in_whole_seconds()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero));
        var rows = new MemoryRowStore(clock);

        var read = await rows.GetAsync("things", new RowKey("p", "r"), default);

        Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), read.ServedAt);
    }
}

public sealed class AzuriteRowStoreTests(AzuriteFixture azurite) : RowStoreContract
{
    protected override IRowStore Rows { get; } = azurite.NewStorage().Rows;
}

public sealed class MemoryRowQueryTests : RowQueryContract
{
    protected override IRowStore Rows { get; } = new MemoryRowStore(TimeProvider.System);
}

public sealed class AzuriteRowQueryTests(AzuriteFixture azurite) : RowQueryContract
{
    protected override IRowStore Rows { get; } = azurite.NewStorage().Rows;
}

public sealed class MemoryRowColumnTests : RowColumnContract
{
    protected override IRowStore Rows { get; } = new MemoryRowStore(TimeProvider.System);
}

public sealed class AzuriteRowColumnTests(AzuriteFixture azurite) : RowColumnContract
{
    protected override IRowStore Rows { get; } = azurite.NewStorage().Rows;
}
