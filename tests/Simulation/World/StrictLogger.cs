using Microsoft.Extensions.Logging;
using Serverless.Core.Delivery;
using Serverless.Core.Storage;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Workload;

namespace Serverless.Simulation.World;

/// <summary>A log that ends the seed where code catches, and logs, what only a bug can throw.</summary>
internal sealed class StrictLogger<T>(EventLoop loop) : ILogger<T>
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (exception is not (null or StorageException or OperationCanceledException or TimeoutException or HandlerFailedException
            or WorkerStartException))
        {
            loop.Fail(exception as GuaranteeException ?? new GuaranteeException("A1", $"{formatter(state, exception)} {exception}"));
        }
    }
}
