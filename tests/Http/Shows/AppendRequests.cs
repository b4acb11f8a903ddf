using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Serverless.Http.Shows;

/// <summary>Counts the appends that reached the storage, whoever sent them and whatever came of them, by its own access log.</summary>
internal sealed partial class AppendRequests
{
    private readonly ConcurrentQueue<int> _statuses = new();

    public int Attempts => _statuses.Count;

    public int Successes => _statuses.Count(status => status == 201);

    public void Hear(string line)
    {
        if (Append().Match(line) is { Success: true } match)
        {
            _statuses.Enqueue(int.Parse(match.Groups[1].Value, null));
        }
    }

    public override string ToString() => string.Join(", ", _statuses.CountBy(status => status).Select(pair => $"{pair.Key}: {pair.Value}"));

    [GeneratedRegex("""
        "PUT [^"]*\bcomp=appendblock\b[^"]*" (\d{3})
        """)]
    private static partial Regex Append();
}
