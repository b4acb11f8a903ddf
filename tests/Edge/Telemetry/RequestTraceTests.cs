using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serverless.Core.Storage;
using Serverless.Edge.Fakes;
using Serverless.Functions.Http;
using Serverless.Functions.Telemetry;
using Xunit;

namespace Serverless.Edge.Telemetry;

/// <summary>The span of a request, and what its log lines are known by.</summary>
public sealed class RequestTraceTests : IDisposable
{
    private readonly Traced _traced = new();
    private readonly EdgeHost _host = new();

    public void Dispose() => _traced.Dispose();

    [Theory]
    [InlineData("/topics", "GET /topics")]
    [InlineData("/topics/t/partitions/0/offsets/", "GET /topics/{topic}/partitions/{partition}/offsets")]
    [InlineData("/v3/clusters/serverless/consumer-groups/g/lag-summary", "GET /v3/clusters/{cluster}/consumer-groups/{group}/lag-summary")]
    [InlineData("/health/live", "GET /health/live")]
    public async Task It_is_called_by_its_route_and_never_by_what_is_in_the_path(string path, string name)
    {
        _host.Topics.Add("t", 1);

        await _host.GetAsync(path, ("traceparent", _traced.Parent));

        Assert.Equal(name, Assert.Single(_traced.Spans, span => span.Source.Name == RequestTrace.SourceName).DisplayName);
    }

    [Fact]
    public async Task It_tells_the_answer_and_the_id_that_the_client_got()
    {
        var answer = await _host.GetAsync("/topics/none", ("traceparent", _traced.Parent), (HttpEdge.CorrelationHeader, "c-1"));

        var span = _traced.Span("GET /topics/{topic}");
        Assert.Equal(404, answer.Status);
        Assert.Equal((ActivityKind.Server, _traced.Root.SpanId), (span.Kind, span.ParentSpanId));
        Assert.Equal(
            "http.request.method=GET http.response.status_code=404 http.route=/topics/{topic} serverless.correlation_id=c-1 url.scheme=https",
            Traced.Tags(span));
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
    }

    [Fact]
    public async Task Only_our_failure_is_its_error()
    {
        _host.Topics.Fails = new StorageException("down", retriable: true);

        await _host.GetAsync("/topics", ("traceparent", _traced.Parent));

        var span = _traced.Span("GET /topics");
        Assert.Equal(("500", ActivityStatusCode.Error), (span.GetTagItem("error.type"), span.Status));
    }

    [Fact]
    public async Task Within_a_span_that_somebody_exports_it_is_no_server_of_its_own()
    {
        using var source = new ActivitySource("Serverless.Test.Host");
        using var outer = source.StartActivity("Invoke", ActivityKind.Internal, _traced.Root)!;

        await _host.GetAsync("/topics", ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));

        var span = _traced.Span("GET /topics");
        Assert.Equal((ActivityKind.Internal, outer.SpanId), (span.Kind, span.ParentSpanId));
        Assert.Same(outer, Activity.Current);
    }

    [Fact]
    public async Task An_activity_that_nobody_exports_leaves_no_gap()
    {
        using var kestrels = new Activity("Microsoft.AspNetCore.Hosting.HttpRequestIn").Start();

        await _host.GetAsync("/topics", ("traceparent", _traced.Parent));

        Assert.Equal(_traced.Root.SpanId, _traced.Span("GET /topics").ParentSpanId);
        Assert.Same(kestrels, Activity.Current);
    }

    [Theory]
    [InlineData("a=b", "a=b")]
    [InlineData("a=\u007f", "")]
    public async Task The_state_of_an_outer_span_goes_on_only_where_a_header_may_hold_it(string state, string passedOn)
    {
        using var source = new ActivitySource("Serverless.Outer");
        using var outer = source.StartActivity("invocation", ActivityKind.Server, _traced.Root)!;
        outer.TraceStateString = state;

        await _host.GetAsync("/topics");

        Assert.Equal(passedOn, _traced.Span("GET /topics").TraceStateString);
    }

    [Fact]
    public async Task Each_line_of_its_log_has_the_correlation_id_and_the_trace()
    {
        var scopes = new List<string>();
        using var logging = LoggerFactory.Create(builder => builder.AddProvider(new ScopeReader(scopes)));
        var host = new EdgeHost(configure: services => services.AddSingleton<ILogger<HttpEdge>>(new Logger<HttpEdge>(logging)));
        host.Topics.Fails = new StorageException("down", retriable: true);

        await host.GetAsync("/topics", ("traceparent", _traced.Parent), (HttpEdge.CorrelationHeader, "c-2"));

        Assert.Equal([$"CorrelationId:c-2 TraceId:{_traced.Id}"], scopes);
    }

    private sealed class ScopeReader(List<string> scopes) : ILoggerProvider, ISupportExternalScope, ILogger
    {
        private IExternalScopeProvider? _provider;

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _provider = scopeProvider;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _provider!.ForEachScope(
                (scope, all) =>
                {
                    if (scope is RequestScope)
                    {
                        all.Add($"{scope}");
                    }
                },
                scopes);

        public void Dispose()
        {
        }
    }
}
