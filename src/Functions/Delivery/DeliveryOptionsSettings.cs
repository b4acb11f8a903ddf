using Microsoft.Extensions.Configuration;
using Serverless.Core.Delivery;

namespace Serverless.Functions.Delivery;

/// <summary>Reads from the application's settings how workers work: <c>Delivery__SliceMs</c>, <c>Delivery__SessionTimeoutMs</c>,
/// <c>Delivery__IdleMs</c>, <c>Delivery__PartitionsPerWorker</c>, <c>Delivery__PartitionsAtOnceMax</c>, <c>Delivery__HandlerTimeoutMs</c> and
/// <c>Delivery__DeliveriesMax</c>.</summary>
internal static class DeliveryOptionsSettings
{
    private const string Section = "Delivery";

    /// <exception cref="SettingException">A value cannot work.</exception>
    public static DeliveryOptions From(IConfiguration configuration)
    {
        var given = new DeliveryOptions();
        var options = given with
        {
            // Within functionTimeout (host.json), with room for batches that are being sent when the time is over.
            Slice = DurationSetting.Read(configuration, Section, "SliceMs", given.Slice, 1_000, 180_000),
            SessionTimeout = DurationSetting.Read(configuration, Section, "SessionTimeoutMs", given.SessionTimeout, 6_000, 300_000),
            IdleMax = DurationSetting.Read(configuration, Section, "IdleMs", given.IdleMax, 1_000, 180_000),
            DeliveriesMax = (int)IntegerSetting.Read(configuration, Section, "DeliveriesMax", given.DeliveriesMax, 1, 10_000),
            PartitionsAtOnceMax = (int)IntegerSetting.Read(
                configuration, Section, "PartitionsAtOnceMax", given.PartitionsAtOnceMax, 1, 1_000),
            HandlerTimeout = DurationSetting.Read(configuration, Section, "HandlerTimeoutMs", given.HandlerTimeout, 1_000, 100_000),
            PartitionsPerWorker = (int)IntegerSetting.Read(
                configuration, Section, "PartitionsPerWorker", given.PartitionsPerWorker, 1, 1_000),
        };

        // Whose time is over before it knows that it has nothing to do has a successor, and that one too, for ever.
        return options.Slice > options.IdleMax
            ? options
            : throw new SettingException($"{Section}__SliceMs must be more than {Section}__IdleMs.");
    }
}
