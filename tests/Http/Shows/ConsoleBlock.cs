using System.Text;
using System.Text.RegularExpressions;

namespace Serverless.Http.Shows;

/// <summary>A command that a document shows, and what it says is printed. <c>...</c> stands for anything, within lines and over lines.</summary>
internal sealed record ConsoleStep(string Command, string Expected, int Line)
{
    /// <summary>The output as it should be, but for space at its end.</summary>
    public bool Allows(string output) => Regex.IsMatch(
        output.TrimEnd(),
        $@"\A{string.Join(".*", Expected.TrimEnd().Split("...").Select(Regex.Escape))}\z",
        RegexOptions.Singleline | RegexOptions.CultureInvariant,
        TimeSpan.FromSeconds(10));
}

/// <summary>Finds the commands of a section of a Markdown document.</summary>
/// <remarks>
/// They stand in fenced blocks of the language <c>console</c>: a line that begins with <c>$ </c> is a command, which goes on in
/// the next line while it ends with a backslash; what follows, up to the next command, is its output.
/// </remarks>
internal static partial class ConsoleBlock
{
    /// <summary>The steps under a heading, in order; those under its own subheadings are its too.</summary>
    /// <exception cref="FormatException">A block is not closed, or begins with output.</exception>
    public static IReadOnlyList<ConsoleStep> Steps(string markdown, string heading)
    {
        var steps = new List<ConsoleStep>();
        var (depth, fence, isConsole) = (0, "", false);
        var lines = markdown.ReplaceLineEndings("\n").Split('\n');
        for (var index = 0; index < lines.Length; index++)
        {
            var line = lines[index];
            if (fence.Length > 0)
            {
                if (line.TrimEnd() == fence)
                {
                    fence = "";
                }
                else if (isConsole)
                {
                    index = Take(lines, index, steps);
                }
            }
            else if (Fence().Match(line) is { Success: true } opening)
            {
                fence = opening.Groups[1].Value;
                isConsole = depth > 0 && opening.Groups[2].Value == "console";
                if (isConsole && !lines[index + 1].StartsWith("$ ", StringComparison.Ordinal))
                {
                    throw new FormatException($"Line {index + 2}: a console block begins with a command.");
                }
            }
            else if (Heading().Match(line) is { Success: true } title)
            {
                var level = title.Groups[1].Length;
                depth = title.Groups[2].Value == heading ? level : level > depth ? depth : 0;
            }
        }

        return fence.Length == 0 ? steps : throw new FormatException("A block is not closed.");
    }

    // One line of a console block, or one command over several. Returns the last line that it took.
    private static int Take(string[] lines, int index, List<ConsoleStep> steps)
    {
        if (!lines[index].StartsWith("$ ", StringComparison.Ordinal))
        {
            steps[^1] = steps[^1] with { Expected = $"{steps[^1].Expected}{lines[index]}\n" };
            return index;
        }

        var first = index;
        var command = new StringBuilder(lines[index][2..]);
        while (lines[index].EndsWith('\\'))
        {
            command.Append('\n').Append(lines[++index]);
        }

        steps.Add(new ConsoleStep(command.ToString(), "", first + 1));
        return index;
    }

    [GeneratedRegex("^(`{3,})([a-z]*)$")]
    private static partial Regex Fence();

    [GeneratedRegex(@"^(#{1,6}) (.*?)\s*$")]
    private static partial Regex Heading();
}
