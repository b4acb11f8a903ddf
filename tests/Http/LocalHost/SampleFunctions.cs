#pragma warning disable CA1822 // Functions are instance methods, as those of the product.

using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Serverless.Http.LocalHost;

/// <summary>Says which sample ran, and with what.</summary>
public sealed class Said(string text) : IResult
{
    private readonly string _text = text;

    public Task ExecuteAsync(HttpContext httpContext) => httpContext.Response.WriteAsync(_text);
}

public sealed class SampleByName
{
    [Function("AName")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "samples/{name}")] HttpRequest request, string name) =>
        Task.FromResult<IResult>(new Said($"name {name}"));
}

public sealed class SampleByNumber
{
    [Function("BNumber")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "samples/{number:int}")] HttpRequest request, string number) =>
        Task.FromResult<IResult>(new Said($"number {number}"));
}

public sealed class SampleRecent
{
    [Function("CRecent")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "samples/recent")] HttpRequest request) =>
        Task.FromResult<IResult>(new Said("recent"));
}

public sealed class SampleFiles
{
    [Function("AAFiles")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, Route = "{*path}")] HttpRequest request, string? path) =>
        Task.FromResult<IResult>(new Said($"{request.Method} {path}"));
}

public sealed class SampleBody
{
    [Function("Body")]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", Route = "body")] HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        return new Said($"{body.Length} bytes");
    }
}

public sealed class SampleFailure
{
    [Function("Failure")]
    public Task<IResult> Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "failure")] HttpRequest request) =>
        throw new InvalidOperationException("a secret");
}

/// <summary>Lives as long as one invocation.</summary>
public sealed class Scoped : IDisposable
{
    public bool Disposed { get; private set; }

    public void Dispose() => Disposed = true;
}

public sealed class ScopeLog
{
    public List<Scoped> Seen { get; } = [];
}

public sealed class SampleScope(Scoped scoped, ScopeLog log)
{
    [Function("Scope")]
    public Task<IResult> Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "scope")] HttpRequest request)
    {
        log.Seen.Add(scoped);
        return Task.FromResult<IResult>(new Said($"{scoped.Disposed}"));
    }
}

/// <summary>A gate that a test holds: what runs says so, and waits to be let through.</summary>
public sealed class Gate
{
    public SemaphoreSlim Entered { get; } = new(0);

    public SemaphoreSlim Open { get; } = new(0);

    public int Runs { get; private set; }

    public async Task PassAsync(CancellationToken cancellationToken)
    {
        Runs++;
        Entered.Release();
        await Open.WaitAsync(cancellationToken);
    }
}

public sealed class SampleSlow(Gate gate)
{
    [Function("Slow")]
    public async Task<IResult> Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "slow")] HttpRequest request)
    {
        await gate.PassAsync(request.HttpContext.RequestAborted);
        return new Said("done");
    }
}

public sealed class TickLog
{
    public List<TimerInfo> Ticks { get; } = [];

    public SemaphoreSlim Ticked { get; } = new(0);

    public bool Fails { get; set; }
}

public sealed class SampleTimer(TickLog log)
{
    [Function("Timer")]
    public Task Run([TimerTrigger("%SampleSchedule%")] TimerInfo timer, CancellationToken cancellationToken)
    {
        log.Ticks.Add(timer);
        log.Ticked.Release();
        return log.Fails ? Task.FromException(new InvalidOperationException("tick failed")) : Task.CompletedTask;
    }
}

public sealed class SampleStartupTimer(TickLog log)
{
    [Function("StartupTimer")]
    public Task Run([TimerTrigger("0 0 0 1 1 *", RunOnStartup = true)] TimerInfo timer)
    {
        log.Ticks.Add(timer);
        log.Ticked.Release();
        return Task.CompletedTask;
    }
}

public sealed class SampleSlowTimer(Gate gate)
{
    [Function("SlowTimer")]
    public Task Run([TimerTrigger("0 */1 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        gate.PassAsync(cancellationToken);
}
