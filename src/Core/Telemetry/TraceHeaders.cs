using System.Diagnostics;
using System.Text;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Records;

namespace Serverless.Core.Telemetry;

/// <summary>W3C trace context in record headers: from the span that produced a record to those that it is delivered in.</summary>
/// <remarks>
/// What a record brings is never changed, and never believed to be well-formed: a <c>traceparent</c> that cannot be read links to
/// nothing. No request fails for it.
/// </remarks>
public static class TraceHeaders
{
    public const string TraceParent = "traceparent", TraceState = "tracestate";

    /// <summary>A span has so many links at most, as the SDKs of OpenTelemetry have it.</summary>
    public const int LinksMax = 128;

    // A poll may have 100,000 records, most of them of few traces. To look at more than these costs time, and tells little.
    private const int RecordsMax = 1_000;

    // W3C: the version that there is takes 55 characters; a later one may have more. Of the other, 512 are to be passed on.
    private const int TraceParentMin = 55, TraceParentMax = 128, TraceStateMax = 512;

    private static readonly byte[] TraceParentUtf8 = Encoding.ASCII.GetBytes(TraceParent);
    private static readonly byte[] TraceStateUtf8 = Encoding.ASCII.GetBytes(TraceState);

    /// <summary>The headers that records of a span are to have besides their own; none where the trace is not sampled.</summary>
    public static RecordHeader[] Of(Activity? span)
    {
        if (span is not { Recorded: true, IdFormat: ActivityIdFormat.W3C, Id: { } id })
        {
            return [];
        }

        var parent = new RecordHeader(TraceParent, Encoding.ASCII.GetBytes(id));
        return span.TraceStateString is { } state && IsState(state)
            ? [parent, new RecordHeader(TraceState, Encoding.ASCII.GetBytes(state))]
            : [parent];
    }

    public static bool Has(IReadOnlyList<RecordHeader> headers)
    {
        for (var index = 0; index < headers.Count; index++)
        {
            if (headers[index].Key == TraceParent)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether two records have the same headers in the same order, those of traces left out: they are an attempt's, not a record's.</summary>
    public static bool SameBut(scoped in Record record, scoped in Record twin)
    {
        if (record.HeaderCount == twin.HeaderCount && record.HeaderBytes.SequenceEqual(twin.HeaderBytes))
        {
            return true;
        }

        var headers = record.Headers;
        var others = twin.Headers;
        while (true)
        {
            var isThere = TryReadOther(ref headers, out var key, out var valueIsNull, out var value);
            if (isThere != TryReadOther(ref others, out var otherKey, out var otherIsNull, out var otherValue))
            {
                return false;
            }

            if (!isThere)
            {
                return true;
            }

            if (!key.SequenceEqual(otherKey) || valueIsNull != otherIsNull || !value.SequenceEqual(otherValue))
            {
                return false;
            }
        }
    }

    private static bool TryReadOther(
        ref RecordHeaderReader headers, out ReadOnlySpan<byte> key, out bool valueIsNull, out ReadOnlySpan<byte> value)
    {
        while (headers.TryRead(out key, out valueIsNull, out value))
        {
            if (!key.SequenceEqual(TraceParentUtf8) && !key.SequenceEqual(TraceStateUtf8))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Links a span to those that records came with, as they are about to be appended.</summary>
    public static void Link(Activity span, IReadOnlyList<ProduceRecord> records)
    {
        var links = new Links(span);
        for (var index = 0; index < records.Count && index < RecordsMax && !links.IsFull; index++)
        {
            ReadOnlyMemory<byte>? parent = null, state = null;
            foreach (var header in records[index].Headers)
            {
                parent = header.Key == TraceParent ? header.Value : parent;
                state = header.Key == TraceState ? header.Value : state;
            }

            links.Add(parent.GetValueOrDefault().Span, state.GetValueOrDefault().Span);
        }
    }

    /// <summary>Links a span to those that the records of slices were produced in.</summary>
    public static void Link(Activity span, IReadOnlyList<PolledSlice> slices)
    {
        var links = new Links(span);
        var left = RecordsMax;
        foreach (var slice in slices)
        {
            try
            {
                var reader = new RecordBatchReader(slice.Batches.Span);
                while (left > 0 && !links.IsFull && reader.TryRead(out var header, out var batch))
                {
                    if (!header.IsControl && header.NextOffset > slice.FromOffset && header.BaseOffset < slice.ToOffset)
                    {
                        Link(ref links, ref left, batch, slice);
                    }
                }
            }
            catch (InvalidRecordException)
            {
                // Whoever delivers it has read it before, or will say so.
                return;
            }
        }
    }

    private static void Link(ref Links links, ref int left, ReadOnlySpan<byte> batch, in PolledSlice slice)
    {
        using var records = RecordReader.Open(batch);
        while (left > 0 && !links.IsFull && records.TryRead(out var record) && record.Offset < slice.ToOffset)
        {
            if (record.Offset < slice.FromOffset)
            {
                continue;
            }

            left--;
            ReadOnlySpan<byte> parent = default, state = default;
            var headers = record.Headers;
            while (headers.TryRead(out var key, out _, out var value))
            {
                parent = key.SequenceEqual(TraceParentUtf8) ? value : parent;
                state = key.SequenceEqual(TraceStateUtf8) ? value : state;
            }

            links.Add(parent, state);
        }
    }

    /// <summary>The span that a header names; false where it names none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> traceParent, ReadOnlySpan<byte> traceState, out ActivityContext context)
    {
        context = default;
        if (traceParent.Length is < TraceParentMin or > TraceParentMax || !Ascii.IsValid(traceParent))
        {
            return false;
        }

        var state = traceState.Length is > 0 and <= TraceStateMax ? Encoding.Latin1.GetString(traceState) : "";
        return ActivityContext.TryParse(
            Encoding.ASCII.GetString(traceParent), IsState(state) ? state : null, isRemote: true, out context);
    }

    /// <summary>Whether it can go on. It goes along with each request to storage, which refuses one whose headers hold what no header may.</summary>
    public static bool IsState(string traceState) =>
        traceState.Length is > 0 and <= TraceStateMax && !traceState.AsSpan().ContainsAnyExceptInRange(' ', '~');

    // Many records are of one span: it is linked to once.
    private readonly struct Links(Activity span)
    {
        private readonly HashSet<(ActivityTraceId, ActivitySpanId)> _seen = [];

        public bool IsFull => _seen.Count == LinksMax;

        public void Add(ReadOnlySpan<byte> traceParent, ReadOnlySpan<byte> traceState)
        {
            if (!IsFull && TryParse(traceParent, traceState, out var context) && _seen.Add((context.TraceId, context.SpanId)))
            {
                span.AddLink(new ActivityLink(context));
            }
        }
    }
}
