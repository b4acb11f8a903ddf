using System.Text;
using Serverless.Core;
using Serverless.Core.Storage;

namespace Serverless.Contract.Blobs;

/// <summary>What every <see cref="IBlobStore"/> promises the log.</summary>
public abstract class BlobStoreContract
{
    private const string Name = "logs/0123abcd/00000/00000000000000000000";

    protected abstract IBlobStore Blobs { get; }

    [Fact]
    public async Task A_blob_is_created_once_and_then_exists()
    {
        var first = await Blobs.CreateAsync(Name, default);
        var second = await Blobs.CreateAsync(Name, default);

        Assert.Equal((CreateOutcome.Created, CreateOutcome.Exists), (first, second));
    }

    [Fact]
    public async Task Creating_a_blob_that_exists_leaves_its_bytes_alone()
    {
        await GivenAsync("first");

        await Blobs.CreateAsync(Name, default);

        Assert.Equal("first", await TextAsync());
    }

    [Fact]
    public async Task Of_many_that_create_a_blob_one_does()
    {
        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(_ => Task.Run(async () => await Blobs.CreateAsync(Name, default))));

        Assert.Single(outcomes, CreateOutcome.Created);
        Assert.Equal(15, outcomes.Count(outcome => outcome == CreateOutcome.Exists));
    }

    [Fact]
    public async Task Appends_at_the_end_follow_one_another_and_count_blocks()
    {
        await Blobs.CreateAsync(Name, default);

        var first = await AppendAsync(0, "first");
        var second = await AppendAsync(5, "second");

        Assert.Equal(new AppendResult(AppendOutcome.Appended, 1), first);
        Assert.Equal(new AppendResult(AppendOutcome.Appended, 2), second);
        Assert.Equal("firstsecond", await TextAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(long.MaxValue)]
    public async Task An_append_elsewhere_than_at_the_end_writes_nothing(long position)
    {
        await GivenAsync("first");

        var appended = await AppendAsync(position, "second");

        Assert.Equal(AppendOutcome.PositionTaken, appended.Outcome);
        Assert.Equal("first", await TextAsync());
    }

    [Fact]
    public async Task An_append_to_a_blob_that_is_not_there_says_missing_and_makes_none()
    {
        await Blobs.CreateAsync("logs/other", default);

        var appended = await AppendAsync(0, "first");

        Assert.Equal(AppendOutcome.Missing, appended.Outcome);
        Assert.False((await Blobs.ReadAsync(Name, 0, 10, default)).Exists);
    }

    [Fact]
    public async Task In_a_container_that_was_never_made_nothing_exists()
    {
        var appended = await AppendAsync(0, "first");
        var read = await Blobs.ReadAsync(Name, 0, 10, default);
        var list = await Blobs.ListAsync("", null, 10, default);
        var deleted = await Blobs.DeleteAsync(Name, "\"0x1\"", default);

        Assert.Equal(AppendOutcome.Missing, appended.Outcome);
        Assert.False(read.Exists);
        Assert.Empty(list.Items);
        Assert.Equal(DeleteOutcome.Missing, deleted);
    }

    [Fact]
    public async Task Of_appends_that_race_for_a_position_one_wins_and_the_others_write_nothing()
    {
        await Blobs.CreateAsync(Name, default);
        var kept = new StringBuilder();

        for (var round = 0; round < 20; round++)
        {
            var position = kept.Length;
            var blocks = Enumerable.Range(0, 16).Select(writer => $"[{round}.{writer}]").ToArray();
            var results = await Task.WhenAll(
                blocks.Select(block => Task.Run(async () => await AppendAsync(position, block))));

            var winner = Assert.Single(results.Index(), result => result.Item.Outcome == AppendOutcome.Appended);
            Assert.Equal(15, results.Count(result => result.Outcome == AppendOutcome.PositionTaken));
            Assert.Equal(round + 1, winner.Item.BlockCount);
            kept.Append(blocks[winner.Index]);
        }

        Assert.Equal(kept.ToString(), await TextAsync());
    }

    [Theory]
    [InlineData(0, 100, "abcdefgh")]
    [InlineData(0, 3, "abc")]
    [InlineData(3, 3, "def")]
    [InlineData(3, 5, "defgh")]
    [InlineData(7, 1, "h")]
    [InlineData(7, int.MaxValue, "h")]
    public async Task A_read_gives_the_bytes_of_its_range_across_blocks(long position, int bytesMax, string expected)
    {
        await GivenAsync("abcd", "efgh");

        var read = await Blobs.ReadAsync(Name, position, bytesMax, default);

        Assert.True(read.Exists);
        Assert.Equal(expected, Encoding.UTF8.GetString(read.Bytes.Span));
    }

    [Theory]
    [InlineData(8, 1)]
    [InlineData(8, 100)]
    [InlineData(9, 1)]
    [InlineData(1_000_000_000_000, 4096)]
    public async Task A_read_at_or_past_the_end_gives_nothing_of_a_blob_that_exists(long position, int bytesMax)
    {
        await GivenAsync("abcd", "efgh");

        var read = await Blobs.ReadAsync(Name, position, bytesMax, default);

        Assert.True(read.Exists);
        Assert.True(read.Bytes.IsEmpty);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 100)]
    [InlineData(5, 100)]
    public async Task An_empty_blob_exists_and_has_nothing_to_read(long position, int bytesMax)
    {
        await Blobs.CreateAsync(Name, default);

        var read = await Blobs.ReadAsync(Name, position, bytesMax, default);

        Assert.True(read.Exists);
        Assert.True(read.Bytes.IsEmpty);
    }

    [Fact]
    public async Task A_read_says_how_many_blocks_there_are_or_nothing_about_it()
    {
        await GivenAsync("abcd", "efgh", "ijkl");

        var read = await Blobs.ReadAsync(Name, 0, 2, default);

        Assert.True(read.BlockCount is 3 or null, $"said {read.BlockCount}");
    }

    [Fact]
    public async Task A_block_of_4_MiB_comes_back_byte_for_byte()
    {
        var block = new byte[StorageRules.BlockBytesMax];
        new Random(1).NextBytes(block);
        await Blobs.CreateAsync(Name, default);

        var appended = await Blobs.AppendAsync(Name, 0, block, default);
        var read = await Blobs.ReadAsync(Name, 0, int.MaxValue, default);

        Assert.Equal(AppendOutcome.Appended, appended.Outcome);
        Assert.True(read.Bytes.Span.SequenceEqual(block));
    }

    [Fact]
    public async Task A_block_is_what_the_memory_held_and_not_the_array_around_it()
    {
        await Blobs.CreateAsync(Name, default);

        await Blobs.AppendAsync(Name, 0, "..abc.."u8.ToArray().AsMemory(2, 3), default);

        Assert.Equal("abc", await TextAsync());
    }

    [Fact]
    public async Task A_block_may_be_overwritten_by_its_writer_once_it_is_appended()
    {
        var block = "first"u8.ToArray();
        await Blobs.CreateAsync(Name, default);
        await Blobs.AppendAsync(Name, 0, block, default);

        block.AsSpan().Fill((byte)'?');

        Assert.Equal("first", await TextAsync());
    }

    [Fact]
    public async Task A_blob_is_deleted_under_its_ETag_and_is_missing_then()
    {
        await GivenAsync("first");
        var item = Assert.Single((await Blobs.ListAsync(Name, null, 10, default)).Items);

        var deleted = await Blobs.DeleteAsync(Name, item.ETag, default);
        var again = await Blobs.DeleteAsync(Name, item.ETag, default);

        Assert.Equal((DeleteOutcome.Deleted, DeleteOutcome.Missing), (deleted, again));
        Assert.False((await Blobs.ReadAsync(Name, 0, 10, default)).Exists);
    }

    [Fact]
    public async Task A_blob_that_was_appended_to_since_is_not_deleted()
    {
        await GivenAsync("first");
        var stale = Assert.Single((await Blobs.ListAsync(Name, null, 10, default)).Items);
        await AppendAsync(5, "second");

        var deleted = await Blobs.DeleteAsync(Name, stale.ETag, default);

        Assert.Equal(DeleteOutcome.Changed, deleted);
        Assert.Equal("firstsecond", await TextAsync());
    }

    [Fact]
    public async Task A_name_may_be_used_again_after_deletion_and_starts_empty()
    {
        await GivenAsync("first");
        var item = Assert.Single((await Blobs.ListAsync(Name, null, 10, default)).Items);
        await Blobs.DeleteAsync(Name, item.ETag, default);

        var created = await Blobs.CreateAsync(Name, default);
        var appended = await AppendAsync(0, "second");

        Assert.Equal(CreateOutcome.Created, created);
        Assert.Equal(new AppendResult(AppendOutcome.Appended, 1), appended);
        Assert.Equal("second", await TextAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("a/../b")]
    [InlineData("a.")]
    [InlineData("a\\b")]
    [InlineData("a?b")]
    [InlineData("a b")]
    [InlineData("é")]
    public async Task A_name_that_the_service_would_read_otherwise_is_a_bug(string name)
    {
        await Assert.ThrowsAsync<InvariantException>(async () => await Blobs.CreateAsync(name, default));
        await Assert.ThrowsAsync<InvariantException>(async () => await Blobs.ReadAsync(name, 0, 1, default));
    }

    [Fact]
    public async Task What_the_service_would_refuse_is_a_bug()
    {
        await Blobs.CreateAsync(Name, default);

        await Assert.ThrowsAsync<InvariantException>(
            async () => await Blobs.AppendAsync(Name, 0, new byte[StorageRules.BlockBytesMax + 1], default));
        await Assert.ThrowsAsync<InvariantException>(async () => await Blobs.AppendAsync(Name, 0, default, default));
        await Assert.ThrowsAsync<InvariantException>(async () => await AppendAsync(-1, "x"));
        await Assert.ThrowsAsync<InvariantException>(async () => await Blobs.ReadAsync(Name, -1, 1, default));
        await Assert.ThrowsAsync<InvariantException>(async () => await Blobs.ReadAsync(Name, 0, 0, default));
        await Assert.ThrowsAsync<InvariantException>(async () => await Blobs.ListAsync("", null, 0, default));
        await Assert.ThrowsAsync<InvariantException>(async () => await Blobs.DeleteAsync(Name, "*", default));
        await Assert.ThrowsAsync<InvariantException>(async () => await Blobs.DeleteAsync(Name, "", default));
    }

    [Fact]
    public async Task A_call_that_is_cancelled_throws_and_is_no_outcome()
    {
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Blobs.CreateAsync(Name, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Blobs.AppendAsync(Name, 0, "x"u8.ToArray(), cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Blobs.ReadAsync(Name, 0, 1, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Blobs.ListAsync("", null, 1, cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Blobs.DeleteAsync(Name, "\"0x1\"", cancelled));
    }

    private async Task GivenAsync(params string[] blocks)
    {
        await Blobs.CreateAsync(Name, default);
        var position = 0;
        foreach (var block in blocks)
        {
            Assert.Equal(AppendOutcome.Appended, (await AppendAsync(position, block)).Outcome);
            position += block.Length;
        }
    }

    private async Task<AppendResult> AppendAsync(long position, string block) =>
        await Blobs.AppendAsync(Name, position, Encoding.UTF8.GetBytes(block), default);

    private async Task<string> TextAsync() =>
        Encoding.UTF8.GetString((await Blobs.ReadAsync(Name, 0, 100_000, default)).Bytes.Span);
}
