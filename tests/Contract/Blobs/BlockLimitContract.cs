using Serverless.Core.Storage;

namespace Serverless.Contract.Blobs;

/// <summary>What becomes of an append to a blob that has all the blocks it can have.</summary>
public abstract class BlockLimitContract
{
    protected abstract int BlocksMax { get; }

    protected abstract IBlobStore Blobs { get; }

    protected virtual void SkipUnlessWanted()
    {
    }

    [Fact]
    public async Task A_full_blob_takes_no_more_and_says_so()
    {
        SkipUnlessWanted();
        await Blobs.CreateAsync("full", default);
        for (var block = 0; block < BlocksMax; block++)
        {
            Assert.Equal(
                new AppendResult(AppendOutcome.Appended, block + 1),
                await Blobs.AppendAsync("full", block, "x"u8.ToArray(), default));
        }

        var onTop = await Blobs.AppendAsync("full", BlocksMax, "y"u8.ToArray(), default);
        var stale = await Blobs.AppendAsync("full", 1, "z"u8.ToArray(), default);
        var behind = await Blobs.ReadAsync("full", BlocksMax, 10, default);

        Assert.Equal(AppendOutcome.BlockLimit, onTop.Outcome);
        Assert.Equal(AppendOutcome.BlockLimit, stale.Outcome);
        Assert.True(behind.Bytes.IsEmpty);
    }
}
