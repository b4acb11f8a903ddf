namespace Serverless.Functions.Http;

/// <summary>Every bound of the HTTP edge. All may be set; <see cref="Validated"/> refuses values that cannot work.</summary>
public sealed record HttpLimits
{
    /// <summary>The v3 cluster id (<c>cluster.id</c>).</summary>
    public string ClusterId { get; init; } = "serverless";

    /// <summary>Bytes of a request body as sent (<c>max.request.bytes</c>).</summary>
    public int RequestBytesMax { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes of a request body after <c>Content-Encoding: gzip</c> is undone.</summary>
    public int DecompressedBytesMax { get; init; } = 16 * 1024 * 1024;

    /// <summary>Records of one produce request.</summary>
    public int RequestRecordsMax { get; init; } = 10_000;

    /// <summary>Headers of one record.</summary>
    public int RecordHeadersMax { get; init; } = 64;

    /// <summary>Key and value bytes of one reply with records (<c>consumer.request.max.bytes</c>).</summary>
    public long ResponseBytesMax { get; init; } = 64L * 1024 * 1024;

    /// <summary>Records of one reply.</summary>
    public int ResponseRecordsMax { get; init; } = 100_000;

    /// <summary>The longest wait for records; the platform's front end cuts a request at about 230 s.</summary>
    public TimeSpan WaitMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The wait of a read that does not say (<c>consumer.request.timeout.ms</c>).</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Time in which a request body must have arrived.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time after which a request is given up, its wait for records included; longer than <see cref="WaitMax"/>.</summary>
    public TimeSpan OperationTimeout { get; init; } = TimeSpan.FromSeconds(150);

    /// <summary>How long a consumer instance lives without a request (<c>consumer.instance.timeout.ms</c>).</summary>
    public TimeSpan InstanceTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The shortest session that a consumer may ask for, as Kafka's <c>group.min.session.timeout.ms</c>.</summary>
    public TimeSpan SessionTimeoutMin { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>Entries of a list in a consumer or admin request: topics, partitions, offsets, configs.</summary>
    public int ListEntriesMax { get; init; } = 1_000;

    /// <summary>These limits, or an exception that names the one that cannot work.</summary>
    public HttpLimits Validated() =>
        Complaint() is var (name, range) ? throw new ArgumentException($"{name} must be: {range}.", name) : this;

    /// <summary>The first limit that cannot work, and what it must be; null when all can.</summary>
    internal (string Name, string Range)? Complaint()
    {
        ReadOnlySpan<(bool Holds, string Name, string Range)> rules =
        [
            (ClusterId.Length is > 0 and <= 255 && ClusterId.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'),
                nameof(ClusterId), "letters, digits, '-', '_' and '.' only"),
            (RequestBytesMax is >= 1024 and <= 100 * 1024 * 1024, nameof(RequestBytesMax), "1 KiB to 100 MiB"),
            (DecompressedBytesMax >= RequestBytesMax && DecompressedBytesMax <= 256 * 1024 * 1024,
                nameof(DecompressedBytesMax), $"{nameof(RequestBytesMax)} to 256 MiB"),
            (RequestRecordsMax >= 1, nameof(RequestRecordsMax), "at least 1"),
            (RecordHeadersMax >= 0, nameof(RecordHeadersMax), "at least 0"),
            (ResponseBytesMax >= 1024, nameof(ResponseBytesMax), "at least 1 KiB"),
            (ResponseRecordsMax >= 1, nameof(ResponseRecordsMax), "at least 1"),
            (WaitMax > TimeSpan.Zero && WaitMax <= TimeSpan.FromSeconds(200), nameof(WaitMax), "1 ms to 200 s"),
            (RequestTimeout > TimeSpan.Zero && RequestTimeout <= WaitMax, nameof(RequestTimeout), $"1 ms to {nameof(WaitMax)}"),
            (BodyTimeout > TimeSpan.Zero, nameof(BodyTimeout), "more than 0"),
            (OperationTimeout > WaitMax && OperationTimeout <= TimeSpan.FromSeconds(225),
                nameof(OperationTimeout), $"more than {nameof(WaitMax)}, at most 225 s"),
            (SessionTimeoutMin > TimeSpan.Zero, nameof(SessionTimeoutMin), "more than 0"),
            (InstanceTimeout >= SessionTimeoutMin, nameof(InstanceTimeout), $"at least {nameof(SessionTimeoutMin)}"),
            (ListEntriesMax >= 1, nameof(ListEntriesMax), "at least 1"),
        ];
        foreach (var (holds, name, range) in rules)
        {
            if (!holds)
            {
                return (name, range);
            }
        }

        return null;
    }
}
