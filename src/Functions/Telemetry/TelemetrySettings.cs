using Microsoft.Extensions.Configuration;
using Serverless.Core.Telemetry;

namespace Serverless.Functions.Telemetry;

/// <summary>Reads what of tracing and metrics is a choice: <c>Telemetry__CarryTraceInRecords</c> and <c>Telemetry__LagPartitionsMax</c>.</summary>
internal static class TelemetrySettings
{
    private const string Section = "Telemetry";

    /// <exception cref="SettingException">A value cannot work.</exception>
    public static TelemetryOptions From(IConfiguration configuration)
    {
        var given = new TelemetryOptions();
        return given with
        {
            CarryTraceInRecords = configuration[$"{Section}:CarryTraceInRecords"] switch
            {
                null or "" => given.CarryTraceInRecords,
                var text when bool.TryParse(text, out var value) => value,
                _ => throw new SettingException($"{Section}__CarryTraceInRecords must be true or false."),
            },
            LagPartitionsMax = (int)IntegerSetting.Read(configuration, Section, "LagPartitionsMax", given.LagPartitionsMax, 0, 10_000),
        };
    }
}
