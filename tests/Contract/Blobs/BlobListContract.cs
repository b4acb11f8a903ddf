using Serverless.Core.Storage;

namespace Serverless.Contract.Blobs;

/// <summary>What every <see cref="IBlobStore"/> promises to who lists it.</summary>
public abstract class BlobListContract
{
    protected abstract IBlobStore Blobs { get; }

    [Fact]
    public async Task Names_come_in_ordinal_order_whatever_order_they_were_made_in()
    {
        string[] names = ["b", "a/2", "a/10", "B", "a", "a-b", "a.b", "a=20b", "a~b", "a_b", "Z", "a/1", "0", "ab"];
        await CreateAsync(names);

        var listed = await ListAsync("", take: 5000);

        Assert.Equal(names.Order(StringComparer.Ordinal), listed.Select(item => item.Name));
    }

    [Fact]
    public async Task A_prefix_gives_the_names_that_begin_with_it_and_no_others()
    {
        await CreateAsync("p/00001/1", "p/00001/2", "p/0000", "p/00002/1", "P/00001/3", "p/000010/1");

        var listed = await ListAsync("p/00001/", take: 5000);

        Assert.Equal(["p/00001/1", "p/00001/2"], listed.Select(item => item.Name));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(20)]
    [InlineData(21)]
    public async Task Pages_hold_what_was_asked_for_and_together_every_name_once(int take)
    {
        var names = Enumerable.Range(0, 20).Select(i => $"p/{i * 7 % 20:D5}").ToArray();
        await CreateAsync([.. names, "o", "q"]);

        var listed = await ListAsync("p/", take);

        Assert.Equal(names.Order(StringComparer.Ordinal), listed.Select(item => item.Name));
    }

    [Fact]
    public async Task The_last_page_has_no_continuation_even_when_it_is_full()
    {
        await CreateAsync("p/1", "p/2");

        var first = await Blobs.ListAsync("p/", null, 1, default);
        var last = await Blobs.ListAsync("p/", first.Continuation, 1, default);

        Assert.Equal("p/1", Assert.Single(first.Items).Name);
        Assert.Equal("p/2", Assert.Single(last.Items).Name);
        Assert.NotNull(first.Continuation);
        Assert.Null(last.Continuation);
    }

    [Fact]
    public async Task A_prefix_that_no_name_has_gives_an_empty_last_page()
    {
        await CreateAsync("p/1");

        var page = await Blobs.ListAsync("q/", null, 10, default);

        Assert.Empty(page.Items);
        Assert.Null(page.Continuation);
    }

    [Fact]
    public async Task An_item_tells_size_and_time_and_an_ETag_that_changes_with_each_append()
    {
        await CreateAsync("p");
        var empty = Assert.Single(await ListAsync("p", 10));
        await Blobs.AppendAsync("p", 0, "abc"u8.ToArray(), default);
        var once = Assert.Single(await ListAsync("p", 10));
        await Blobs.AppendAsync("p", 3, "abc"u8.ToArray(), default);
        var twice = Assert.Single(await ListAsync("p", 10));

        Assert.Equal((0L, 3L, 6L), (empty.Size, once.Size, twice.Size));
        Assert.Distinct([empty.ETag, once.ETag, twice.ETag]);
        Assert.Equal(DateTimeOffset.UtcNow, twice.LastModified, TimeSpan.FromSeconds(30));
        Assert.Equal(0, twice.LastModified.Ticks % TimeSpan.TicksPerSecond);
    }

    private async Task CreateAsync(params string[] names)
    {
        foreach (var name in names)
        {
            Assert.Equal(CreateOutcome.Created, await Blobs.CreateAsync(name, default));
        }
    }

    private async Task<List<BlobItem>> ListAsync(string prefix, int take)
    {
        var items = new List<BlobItem>();
        string? continuation = null;
        do
        {
            var page = await Blobs.ListAsync(prefix, continuation, take, default);
            Assert.True(page.Items.Count <= take, $"{page.Items.Count} of {take}");
            items.AddRange(page.Items);
            continuation = page.Continuation;
        }
        while (continuation is not null);

        return items;
    }
}
