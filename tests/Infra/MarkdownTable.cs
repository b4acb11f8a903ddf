using System.Text.RegularExpressions;

namespace Serverless.Infra;

/// <summary>A table of a page, with the headings that it stands under.</summary>
internal sealed partial record MarkdownTable(
    IReadOnlyList<string> Sections, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyDictionary<string, string>> Rows)
{
    public static IReadOnlyList<MarkdownTable> Of(string text)
    {
        var (tables, headings) = (new List<MarkdownTable>(), new SortedDictionary<int, string>());
        var lines = text.Split('\n').Select(line => line.TrimEnd('\r')).ToList();
        for (var at = 0; at < lines.Count; at++)
        {
            if (lines[at].StartsWith('#'))
            {
                var level = lines[at].TakeWhile(letter => letter == '#').Count();
                headings.Keys.Where(each => each >= level).ToList().ForEach(each => headings.Remove(each));
                headings[level] = lines[at][level..].Trim();
            }
            else if (lines[at].StartsWith('|'))
            {
                var columns = Cells(lines[at]);
                var rows = lines.Skip(at + 2).TakeWhile(line => line.StartsWith('|')).Select(Cells).ToList();
                Assert.All(rows, cells => Assert.True(cells.Count == columns.Count, $"A row does not fit its table: {string.Join('|', cells)}"));
                tables.Add(new(
                    [.. headings.Values], columns,
                    [.. rows.Select(cells => columns.Zip(cells).ToDictionary(cell => cell.First, cell => cell.Second))]));
                at += rows.Count + 1;
            }
        }

        return tables;
    }

    private static List<string> Cells(string line) => [.. Border().Split(line.Trim('|')).Select(cell => cell.Trim())];

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Border();
}
