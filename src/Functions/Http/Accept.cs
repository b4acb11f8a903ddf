using Microsoft.AspNetCore.Http;
using Serverless.Core.Groups;

namespace Serverless.Functions.Http;

/// <summary>What a request accepts, and which of our types answers it best (section 1.2 of the HTTP contract).</summary>
internal readonly struct Accept
{
    private const int EntriesMax = 64;

    private static readonly string[] VendorTypes =
        [MediaType.V2, MediaType.Kafka, MediaType.Json, MediaType.Binary, MediaType.Text];

    private readonly List<MediaType>? _entries;

    private Accept(List<MediaType>? entries) => _entries = entries;

    /// <summary>Entries that cannot be read are left out; when there is no other, it is as if nothing had been said (RFC 9110).</summary>
    public static Accept Of(HttpRequest request)
    {
        List<MediaType>? entries = null;
        foreach (var header in request.Headers.Accept)
        {
            foreach (var range in header.AsSpan().Split(','))
            {
                var text = header.AsSpan()[range].Trim();
                if (MediaType.TryParse(text, out var type) && (entries ??= []).Count < EntriesMax)
                {
                    // Another charset is one that we do not speak.
                    entries.Add(type.IsUtf8 ? type : type with { Quality = 0 });
                }
            }
        }

        return new Accept(entries);
    }

    /// <summary>How much the client wants a type, 0 to 1: the most specific entry that covers it decides.</summary>
    public double Quality(string type)
    {
        if (_entries is null)
        {
            return 1;
        }

        var slash = type.IndexOf('/');
        var (best, bestRank) = (0.0, 0);
        foreach (var entry in _entries)
        {
            var rank = entry.Name == type ? 3
                : entry.Name.EndsWith("/*", StringComparison.Ordinal)
                    && entry.Name.AsSpan(0, entry.Name.Length - 2).SequenceEqual(type.AsSpan(0, slash)) ? 2
                : entry.Name == "*/*" ? 1 : 0;
            if (rank > bestRank || (rank == bestRank && rank > 0 && entry.Quality > best))
            {
                (best, bestRank) = (entry.Quality, rank);
            }
        }

        return best;
    }

    /// <summary>The type of a v2 reply, or null: 406. Any of Kafka's types asked for by name is answered with v2.</summary>
    public string? V2()
    {
        if (Names(VendorTypes))
        {
            return MediaType.V2;
        }

        var (v2, plain) = (Quality(MediaType.V2), Quality(MediaType.PlainJson));
        return v2 == 0 && plain == 0 ? null : plain > v2 ? MediaType.PlainJson : MediaType.V2;
    }

    /// <summary>The type of a v3 reply, or null: 406.</summary>
    public string? V3() => Quality(MediaType.PlainJson) > 0 ? MediaType.PlainJson : null;

    /// <summary>Whether records of some format could be sent at all; which one is known once the consumer is.</summary>
    public bool AnyRecords() =>
        Quality(MediaType.V2) > 0 || Quality(MediaType.PlainJson) > 0 || Names([MediaType.Json, MediaType.Binary, MediaType.Text]);

    /// <summary>The type for records of a format; 406/40601 when only another embedded format is accepted.</summary>
    public string Records(RecordFormat format)
    {
        var own = format == RecordFormat.Json ? MediaType.Json : MediaType.Binary;
        var general = Quality(MediaType.V2) > 0 || Quality(MediaType.PlainJson) > 0;
        return Quality(own) > 0 || (general && !Excludes(own)) ? own : throw new RequestException(Problem.FormatMismatch);
    }

    /// <summary>The embedded format that a direct read asks for; binary when it leaves the choice to us.</summary>
    public RecordFormat DirectRead()
    {
        var (json, binary) = (Quality(MediaType.Json), Quality(MediaType.Binary));
        if (json == 0 && binary == 0 && Quality(MediaType.V2) == 0 && Quality(MediaType.PlainJson) == 0)
        {
            throw new RequestException(Problem.NotAcceptable);
        }

        return json > binary ? RecordFormat.Json : RecordFormat.Binary;
    }

    private bool Names(ReadOnlySpan<string> types)
    {
        if (_entries is not null)
        {
            foreach (var entry in _entries)
            {
                if (entry.Quality > 0 && types.Contains(entry.Name))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private bool Excludes(string type) => _entries is not null && _entries.Exists(entry => entry.Name == type && entry.Quality == 0);
}
