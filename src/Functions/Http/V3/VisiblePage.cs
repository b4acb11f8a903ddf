namespace Serverless.Functions.Http.V3;

/// <summary>A page of a list as its caller may see it.</summary>
/// <param name="Shown">Those that may be seen, in the list's order; less than asked for only where there is no other.</param>
/// <param name="More">Behind the last one shown there may be others.</param>
/// <remarks>
/// The token of the next page is a name, so it must be one that is shown: where a page ends is told of no other. For that it is read on
/// until the page is full, by large steps: who may see little of a long list must not cost a query for each name.
/// </remarks>
internal sealed record VisiblePage<T>(IReadOnlyList<T> Shown, bool More)
{
    /// <param name="readAsync">Reads so many behind a name, and tells whether there are more.</param>
    public static async ValueTask<VisiblePage<T>> ReadAsync(
        PageRequest asked, Func<string?, int, ValueTask<(IReadOnlyList<T> Items, bool More)>> readAsync, Func<T, string> nameOf,
        Func<T, bool> maySee)
    {
        var shown = new List<T>();
        var (after, step) = (asked.After, asked.ItemsMax);
        while (true)
        {
            var (items, more) = await readAsync(after, step);
            shown.AddRange(items.Where(maySee));
            var isOver = !more || items.Count == 0;
            if (shown.Count >= asked.ItemsMax || isOver)
            {
                return new([.. shown.Take(asked.ItemsMax)], shown.Count > asked.ItemsMax || !isOver);
            }

            (after, step) = (nameOf(items[^1]), PageRequest.SizeMax);
        }
    }
}
