using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Storage;

/// <summary>Decides what becomes of each storage call of one seed.</summary>
internal interface IFaultPlan
{
    Fault Next(StorageCall call);
}

/// <summary>By chance, in windows: about a quarter of them are free of faults, and all that follow the healing.</summary>
internal sealed class RandomFaults(EventLoop loop, FaultRates rates, Random faults) : IFaultPlan
{
    private TimeSpan _windowEnds;
    private readonly Dictionary<StorageCall, TimeSpan> _throttledUntil = [];
    private bool _calm = true;

    public bool Healed { get; private set; }

    public void Heal() => Healed = true;

    public void Resume() => Healed = false;

    public Fault Next(StorageCall call)
    {
        if (Healed)
        {
            return Fault.None;
        }

        if (loop.Now >= _windowEnds)
        {
            _calm = faults.Chance(0.25);
            _windowEnds = loop.Now + faults.Between(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60));
        }

        var drawn = rates.Draw(call, faults);
        if (_calm)
        {
            return Fault.None;
        }

        if (drawn == Fault.Throttled)
        {
            Throttle(call);
        }

        return loop.Now < _throttledUntil.GetValueOrDefault(call) ? Fault.Throttled : drawn;
    }

    // A burst: one kind of call is refused for a while, or the whole account is.
    private void Throttle(StorageCall call)
    {
        var lasts = faults.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20));
        foreach (var other in faults.Chance(0.3) ? Storage.Faults.Calls : [call])
        {
            // Nobody lists twice within seconds: a burst as short as the others would meet hardly any.
            _throttledUntil[other] = loop.Now + (other == StorageCall.List ? 4 * lasts : lasts);
        }
    }
}

/// <summary>By number: the calls of a scenario are counted from 1, and some of them meet a fault.</summary>
internal sealed class ScriptedFaults(IReadOnlyDictionary<int, Fault> faults) : IFaultPlan
{
    /// <summary>Whether calls are counted now: what prepares a scenario, and what checks it, is left in peace.</summary>
    public bool Counts { get; set; }

    public int CallsSeen { get; private set; }

    public Fault Next(StorageCall call)
    {
        if (!Counts)
        {
            return Fault.None;
        }

        var fault = faults.GetValueOrDefault(++CallsSeen);
        return Storage.Faults.Applies(fault, call) ? fault : Fault.None;
    }
}
