using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Serverless.Functions.Access;

/// <summary>Says at the start of the worker when nobody is asked who they are. LocalHost says it in its first line.</summary>
internal sealed partial class AccessNotice(AccessSettings settings, ILogger<AccessNotice> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.Mode == AccessMode.Open)
        {
            AccessIsOpen();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Warning, EventName = nameof(AccessIsOpen),
        Message = "Access is open: whoever reaches this service may do everything (docs/access-control.md).")]
    private partial void AccessIsOpen();
}
