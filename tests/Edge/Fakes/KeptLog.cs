using Microsoft.Extensions.Logging;
using Serverless.Functions.Http;

namespace Serverless.Edge.Fakes;

/// <summary>Keeps what the edge logs.</summary>
internal sealed class KeptLog : ILogger<HttpEdge>
{
    public List<(LogLevel Level, string Text, Exception? Exception)> Lines { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Add((logLevel, formatter(state, exception), exception));
}
