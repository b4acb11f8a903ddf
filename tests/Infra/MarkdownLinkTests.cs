using System.Text.RegularExpressions;

namespace Serverless.Infra;

/// <summary>Each page's links to files of the repository, and to headings in them, lead somewhere.</summary>
public sealed partial class MarkdownLinkTests
{
    private static readonly string[] Left = [".git", ".data", "bin", "obj", "node_modules", "TestResults"];

    [Fact]
    public void Every_link_to_a_file_or_a_heading_leads_somewhere()
    {
        var links = Pages(Repository.Root).SelectMany(page => LinksOf(page).Select(link => (Page: page, Link: link))).ToList();

        Assert.Contains(links, each => each.Link.EndsWith(".md", StringComparison.Ordinal));
        Assert.All(links, each => Assert.True(
            LeadsSomewhere(each.Page, each.Link), $"{Path.GetRelativePath(Repository.Root, each.Page)}: {each.Link}"));
    }

    // What stands in backticks and says docs/….md is meant to be followed as well, by hand.
    [Fact]
    public void Every_page_that_is_named_is_there()
    {
        var named = Pages(Repository.Root).SelectMany(page => Named().Matches(File.ReadAllText(page)).Select(match => match.Value)).Distinct();

        Assert.All(named, name => Assert.True(File.Exists(Path.Combine(Repository.Root, name)), name));
    }

    [Theory]
    [InlineData("tests/Infra/nowhere.md", false)]
    [InlineData("README.md", true)]
    [InlineData("README.md#what-it-promises", true)]
    [InlineData("README.md#what-it-does-not", false)]
    [InlineData("#what-it-is-not", true)]
    [InlineData("#nothing", false)]
    public void A_link_is_followed(string link, bool leadsSomewhere) =>
        Assert.Equal(leadsSomewhere, LeadsSomewhere(Path.Combine(Repository.Root, "README.md"), link));

    private static IEnumerable<string> Pages(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*.md"),
        .. Directory.EnumerateDirectories(folder).Where(each => !Left.Contains(Path.GetFileName(each))).SelectMany(Pages),
    ];

    private static IEnumerable<string> LinksOf(string page) => Link().Matches(Prose(page)).Select(match => match.Groups["to"].Value)
        .Where(link => !link.Contains("://", StringComparison.Ordinal) && !link.StartsWith("mailto:", StringComparison.Ordinal));

    private static bool LeadsSomewhere(string page, string link)
    {
        var (path, heading) = link.Split('#', 2) is [var left, var right] ? (left, right) : (link, null);
        var file = path.Length == 0 ? page : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, Uri.UnescapeDataString(path)));
        return heading is null
            ? File.Exists(file) || Directory.Exists(file)
            : File.Exists(file) && Heading().Matches(Prose(file)).Any(match => Anchor(match.Groups["text"].Value) == heading);
    }

    // As GitHub makes them.
    private static string Anchor(string heading) =>
        NotInAnchors().Replace(heading.Trim().ToLowerInvariant(), "").Replace(' ', '-');

    private static string Prose(string page) => Fence().Replace(File.ReadAllText(page).ReplaceLineEndings("\n"), "");

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\]\((?<to>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (?<text>.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N}_\- ]")]
    private static partial Regex NotInAnchors();

    [GeneratedRegex(@"(?<![\w/.])docs/[\w/-]+\.md")]
    private static partial Regex Named();
}
