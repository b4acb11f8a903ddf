using Microsoft.Extensions.Logging;

namespace Serverless.Functions.Telemetry;

/// <summary>What of the libraries' logging is left out, in either host.</summary>
public static class LogFilters
{
    /// <summary>
    /// They tell of each request four times, with its whole address: a key that a client put into its query would be in the logs,
    /// and each line is paid for.
    /// </summary>
    public static ILoggingBuilder AddLogFilters(this ILoggingBuilder logging) => logging
        .AddFilter("Microsoft", LogLevel.Warning).AddFilter("Azure", LogLevel.Warning).AddFilter("System", LogLevel.Warning);
}
