using System.Globalization;

namespace Serverless.ExactlyOnceCopy;

/// <summary>What to copy, and as who.</summary>
internal sealed record CopyOptions
{
    public const string Usage =
        """
        ExactlyOnceCopy --source TOPIC --target TOPIC [--url URL[,URL…]] [--key KEY] [--group GROUP] [--id TRANSACTIONAL-ID]
                        [--batch RECORDS] [--timeout-ms MS] [--session-ms MS] [--idle-exit-ms MS]

          --url           where the log is; several are tried in turn (http://127.0.0.1:7071)
          --key           an API key, sent as x-functions-key
          --group         the consumer group that all copiers share (copy)
          --id            the transactional id, which each copier has for itself, and keeps when it is started again (copy-1)
          --batch         records of one transaction at most (500)
          --timeout-ms    how long a transaction may be open before the service aborts it (60000)
          --session-ms    how soon others take over the partitions of a copier that does not come back (30000)
          --idle-exit-ms  end when nothing came for so long; without it, go on until Ctrl-C
        """;

    public IReadOnlyList<Uri> Urls { get; init; } = [new("http://127.0.0.1:7071")];

    public string Source { get; init; } = "";

    public string Target { get; init; } = "";

    public string? Key { get; init; }

    public string Group { get; init; } = "copy";

    public string TransactionalId { get; init; } = "copy-1";

    public int Batch { get; init; } = 500;

    public int TimeoutMs { get; init; } = 60_000;

    public int SessionMs { get; init; } = 30_000;

    public TimeSpan? IdleExit { get; init; }

    /// <summary>The options, or null and what is wrong with them.</summary>
    public static CopyOptions? Parse(string[] args, out string complaint)
    {
        var options = new CopyOptions();
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length || With(options, args[i], args[i + 1]) is not { } next)
            {
                complaint = $"{args[i]} is not known, or has no value that it can have.";
                return null;
            }

            options = next;
        }

        complaint = "--source and --target are needed.";
        return options.Source.Length > 0 && options.Target.Length > 0 ? options : null;
    }

    private static CopyOptions? With(CopyOptions options, string name, string value)
    {
        var isNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0;
        return name switch
        {
            "--url" when Addresses(value) is { } urls => options with { Urls = urls },
            "--source" => options with { Source = value },
            "--target" => options with { Target = value },
            "--key" => options with { Key = value },
            "--group" => options with { Group = value },
            "--id" => options with { TransactionalId = value },
            "--batch" when isNumber => options with { Batch = number },
            "--timeout-ms" when isNumber => options with { TimeoutMs = number },
            "--session-ms" when isNumber => options with { SessionMs = number },
            "--idle-exit-ms" when isNumber => options with { IdleExit = TimeSpan.FromMilliseconds(number) },
            _ => null,
        };
    }

    private static List<Uri>? Addresses(string value)
    {
        var urls = new List<Uri>();
        foreach (var part in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Uri.TryCreate(part, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            {
                return null;
            }

            urls.Add(url);
        }

        return urls.Count > 0 ? urls : null;
    }
}
