using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Topics;

namespace Serverless.Functions.Http;

/// <summary>A read without a consumer, as its query and Accept describe it (section 5.7 of the HTTP contract).</summary>
internal sealed record DirectRead(long? Offset, long TimestampMs, RecordFormat Format, string ContentType, ReadRequest Request)
{
    public static Operation Operation { get; } = new(
        ApiVersion.V2, BodyRule.None, "offset", "timestamp", "timeout", "max_bytes", "max_records", Isolation.Name)
    {
        RepliesWithRecords = true,
    };

    public static DirectRead Of(Call call)
    {
        var (query, limits) = (call.Query, call.Limits);
        var format = call.Accept.DirectRead();
        var offset = query.Integer("offset", 0, long.MaxValue);
        var timestamp = query.Integer("timestamp", 0, Timestamps.MillisecondsMax);
        if (offset is null == timestamp is null)
        {
            throw Query.Bad("One of the query parameters offset and timestamp is required.");
        }

        var wait = query.Limit("timeout", (long)limits.WaitMax.TotalMilliseconds) is { } milliseconds
            ? TimeSpan.FromMilliseconds(milliseconds)
            : limits.RequestTimeout;
        var request = new ReadRequest
        {
            Wait = call.IsHead ? TimeSpan.Zero : wait,
            WaitIsOver = call.Stopping,
            MaxBytes = query.Limit("max_bytes", limits.ResponseBytesMax) ?? limits.ResponseBytesMax,
            MaxRecords = (int)(query.Limit("max_records", limits.ResponseRecordsMax) ?? limits.ResponseRecordsMax),
            IsolationLevel = Isolation.Of(query),
            Showable = RecordsWriter.Showable(format),
        };
        return new DirectRead(offset, timestamp ?? 0, format, call.Accept.Records(format), request);
    }

    public Reply Reply(ReadAnswer answer, TopicPartition at) => answer.Error switch
    {
        ErrorCode.None => RecordsWriter.Reply(ContentType, [answer.Slice], Format, answer.More),
        ErrorCode.InvalidRecord => throw new RequestException(
            ErrorReply.FromGroup(answer.Error, null), json => Answers.WritePlace(json, at, answer.ErrorOffset)),
        _ => throw new RequestException(ErrorReply.FromLog(answer.Error, null)),
    };

    /// <summary>The offset of the first record at or after the time; the end when there is none.</summary>
    public static async ValueTask<long> StartAtAsync(
        IPartitionLogs logs, Topic topic, int partition, long timestampMs, CancellationToken cancellationToken) =>
        (await logs.OffsetForTimestampAsync(topic, partition, timestampMs, cancellationToken))?.Offset
        ?? (await logs.OffsetsAsync(topic, partition, cancellationToken)).LogEndOffset;
}
