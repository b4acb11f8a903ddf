using Serverless.Core.Groups;

namespace Serverless.Functions.Http.Consumers;

/// <summary>A poll as its query describes it (sections 2.10 and 5.5 of the HTTP contract). What is missing is the instance's choice.</summary>
internal sealed record Polling(TimeSpan? Wait, int? MinBytes, long MaxBytes, int MaxRecords, CancellationToken WaitIsOver)
{
    public static Operation Operation { get; } = new(
        ApiVersion.V2, BodyRule.None, "timeout", "max_bytes", "min_bytes", "max_records")
    {
        RepliesWithRecords = true,
    };

    public static Polling Of(Call call)
    {
        var (query, limits) = (call.Query, call.Limits);
        var wait = query.Limit("timeout", (long)limits.WaitMax.TotalMilliseconds);
        return new Polling(
            wait is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null,
            (int?)query.Integer("min_bytes", -1, int.MaxValue),
            query.Limit("max_bytes", limits.ResponseBytesMax) ?? limits.ResponseBytesMax,
            (int)(query.Limit("max_records", limits.ResponseRecordsMax) ?? limits.ResponseRecordsMax),
            call.Stopping);
    }

    public PollRequest Request(RecordFormat format, Predicate<string> readable) => new()
    {
        Wait = Wait,
        WaitIsOver = WaitIsOver,
        MinBytes = MinBytes,
        MaxBytes = MaxBytes,
        MaxRecords = MaxRecords,
        Format = format,
        Readable = readable,
        Showable = RecordsWriter.Showable(format),
    };
}
