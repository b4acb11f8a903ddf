using Serverless.Core.Storage;
using Serverless.Core.Storage.Memory;

namespace Serverless.Contract.Blobs;

public sealed class MemoryBlobStoreTests : BlobStoreContract
{
    protected override IBlobStore Blobs { get; } = new MemoryBlobStore(TimeProvider.System);
}

public sealed class AzuriteBlobStoreTests(AzuriteFixture azurite) : BlobStoreContract
{
    protected override IBlobStore Blobs { get; } = azurite.NewStorage().Blobs;
}

public sealed class MemoryBlobListTests : BlobListContract
{
    protected override IBlobStore Blobs { get; } = new MemoryBlobStore(TimeProvider.System);
}

public sealed class AzuriteBlobListTests(AzuriteFixture azurite) : BlobListContract
{
    protected override IBlobStore Blobs { get; } = azurite.NewStorage().Blobs;
}

public sealed class MemoryBlockLimitTests : BlockLimitContract
{
    protected override int BlocksMax => 3;

    protected override IBlobStore Blobs { get; } = new MemoryBlobStore(TimeProvider.System, blocksMax: 3);
}

/// <summary>Fills a blob with 50,000 blocks, which takes most of a minute: only where AZURITE_BLOCK_LIMIT is 1.</summary>
public sealed class AzuriteBlockLimitTests(AzuriteFixture azurite) : BlockLimitContract
{
    protected override int BlocksMax => StorageRules.BlocksMax;

    protected override IBlobStore Blobs { get; } = azurite.NewStorage().Blobs;

    protected override void SkipUnlessWanted() => Assert.SkipUnless(
        Environment.GetEnvironmentVariable("AZURITE_BLOCK_LIMIT") == "1", "Set AZURITE_BLOCK_LIMIT=1 to run it.");
}
