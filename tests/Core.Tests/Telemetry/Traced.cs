using System.Diagnostics;

namespace Serverless.Core.Tests.Telemetry;

/// <summary>A sampled trace of a test's own, and the spans in it. Other tests' traces are not sampled for it.</summary>
internal sealed class Traced : IDisposable
{
    private const string TestsName = "Tests";

    private static readonly ActivitySource Tests = new(TestsName);

    private readonly ActivityListener _listener;
    private readonly Lock _gate = new();
    private readonly List<Activity> _ended = [];

    public Traced()
    {
        Id = ActivityTraceId.CreateRandom();
        Root = new ActivityContext(Id, ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == TestsName || source.Name.StartsWith("Serverless.", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.Parent.TraceId == Id
                ? ActivitySamplingResult.AllDataAndRecorded
                : ActivitySamplingResult.None,
            ActivityStopped = span =>
            {
                if (span.TraceId == Id && span.Source != Tests)
                {
                    lock (_gate)
                    {
                        _ended.Add(span);
                    }
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public ActivityTraceId Id { get; }

    public ActivityContext Root { get; }

    /// <summary>The root as a request tells of it.</summary>
    public string Parent => $"00-{Id}-{Root.SpanId}-01";

    public IReadOnlyList<Activity> Spans
    {
        get
        {
            lock (_gate)
            {
                return [.. _ended];
            }
        }
    }

    /// <summary>The only span of a name.</summary>
    public Activity Span(string name) => Spans.Single(span => span.DisplayName == name);

    /// <summary>Runs something within the trace.</summary>
    public async Task<T> InAsync<T>(Func<Task<T>> run)
    {
        using var root = Tests.StartActivity("test", ActivityKind.Internal, Root);
        return await run();
    }

    public static string Tags(Activity span) => string.Join(
        ' ', span.TagObjects.Where(tag => tag.Value is not null).Select(tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal));

    public void Dispose() => _listener.Dispose();
}
