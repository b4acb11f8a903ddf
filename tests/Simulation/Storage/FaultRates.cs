using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Storage;

/// <summary>How often each fault comes in one seed. Each seed draws its own rates and leaves whole kinds out.</summary>
internal sealed class FaultRates
{
    private readonly double[] _rates = new double[Enum.GetValues<Fault>().Length];

    private FaultRates()
    {
    }

    /// <summary>The longest that a late write or a stalled instance may sleep.</summary>
    public static TimeSpan LateMax { get; } = TimeSpan.FromMinutes(15);

    public static FaultRates Never { get; } = new();

    public static FaultRates Draw(Random shape)
    {
        var rates = new FaultRates();
        foreach (var fault in Enum.GetValues<Fault>())
        {
            var (most, on) = fault switch
            {
                Fault.None => (0, 0.0),
                Fault.Throttled => (0.005, 0.4),
                Fault.CrashBefore or Fault.CrashAfter or Fault.Stall => (0.015, 0.5),
                _ => (0.12, 0.6),
            };

            // Drawn whether used or not, so that the other kinds stay what they are.
            var rate = shape.LogUniform(0.0005, Math.Max(0.001, most));
            rates._rates[(int)fault] = shape.Chance(on) ? rate : 0;
        }

        return rates;
    }

    public Fault Draw(StorageCall call, Random faults)
    {
        // Seldom calls meet their faults more often, so that every cell of the fault table fills.
        var weight = call is StorageCall.Create or StorageCall.Delete or StorageCall.List ? 4 : 1;
        var left = faults.NextDouble() / weight;
        for (var fault = Fault.None + 1; fault <= Fault.Throttled; fault++)
        {
            left -= _rates[(int)fault];
            if (left < 0)
            {
                return Storage.Faults.Applies(fault, call) ? fault : Fault.None;
            }
        }

        return Fault.None;
    }
}
