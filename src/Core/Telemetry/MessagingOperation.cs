using System.Diagnostics;
using System.Globalization;
using Serverless.Core.Groups;

namespace Serverless.Core.Telemetry;

/// <summary>One operation on records, as traces and metrics tell of it: its span, and its duration when it ends.</summary>
/// <remarks>An operation that says nothing of its end was ended by an exception.</remarks>
internal sealed class MessagingOperation : IDisposable
{
    private readonly MessagingKind _kind;
    private readonly LogMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly long _beganAt;
    private readonly string? _group;
    private string? _topic;
    private string? _error = TelemetryAttributes.Other;

    private MessagingOperation(MessagingKind kind, LogMetrics metrics, TimeProvider clock, string? topic, string? group, Activity? span)
    {
        (_kind, _metrics, _clock, _topic, _group, Span) = (kind, metrics, clock, topic, group, span);
        _beganAt = clock.GetTimestamp();
    }

    /// <summary>Null where nobody traces it.</summary>
    public Activity? Span { get; }

    /// <summary>Null where nobody watches.</summary>
    /// <param name="topic">Null where it is not known yet, or there may be several.</param>
    public static MessagingOperation? Start(
        MessagingKind kind, LogMetrics metrics, TimeProvider clock, string? topic, string? group = null)
    {
        var span = LogTracing.Source.HasListeners()
            ? LogTracing.Source.StartActivity(kind.Name, kind.Span)
            : null;
        return span is null && !metrics.TakesDuration(kind) ? null : new(kind, metrics, clock, topic, group, span);
    }

    /// <summary>It has ended.</summary>
    public void End(ErrorCode error) => _error = error == ErrorCode.None ? null : error.ToString();

    /// <summary>It has ended in a way that has no Kafka name.</summary>
    public void Fail(string error) => _error = error;

    /// <summary>What was delivered: counted on the span, which is linked to the spans that the records came from.</summary>
    public void Deliver(IReadOnlyList<PolledSlice> slices, int records)
    {
        if (slices.Count > 0 && slices.All(slice => slice.At.Topic == slices[0].At.Topic))
        {
            _topic = slices[0].At.Topic;
        }

        if (Span is not { IsAllDataRequested: true } span)
        {
            return;
        }

        span.SetTag(TelemetryAttributes.MessageCount, records);
        if (slices is [var only])
        {
            span.SetTag(TelemetryAttributes.Partition, only.At.Partition.ToString(CultureInfo.InvariantCulture));
        }

        TraceHeaders.Link(span, slices);
    }

    public void Dispose()
    {
        if (_metrics.TakesDuration(_kind))
        {
            // A request that failed may have named a group that does not exist: whoever makes up names must not make up series.
            var isReal = _error is null || _kind == MessagingKind.Process;
            _metrics.Operated(_kind, _topic, isReal ? _group : null, _error, _clock.GetElapsedTime(_beganAt));
        }

        if (Span is null)
        {
            return;
        }

        if (Span.IsAllDataRequested)
        {
            Span.DisplayName = _topic is null ? _kind.Name : $"{_kind.Name} {_topic}";
            Span.SetTag(TelemetryAttributes.System, TelemetryAttributes.Kafka)
                .SetTag(TelemetryAttributes.OperationName, _kind.Name)
                .SetTag(TelemetryAttributes.OperationType, _kind.Type)
                .SetTag(TelemetryAttributes.Topic, _topic)
                .SetTag(TelemetryAttributes.Group, _group)
                .SetTag(TelemetryAttributes.ErrorType, _error);
            if (_error is not null)
            {
                Span.SetStatus(ActivityStatusCode.Error);
            }
        }

        Span.Dispose();
    }
}
