using Serverless.Simulation.Bugs;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Storage;

namespace Serverless.Simulation.World;

/// <summary>What became of a seed.</summary>
internal sealed record SeedResult(
    ulong Seed, PlantedBug Bug, GuaranteeException? Failure, string History, ulong Trace, TimeSpan Virtual, long Events,
    long Operations, FaultTable Faults)
{
    /// <summary>Which kind of seed it is, as the name of its tests begins.</summary>
    public string Suite { get; init; } = "";

    /// <summary>Records that were copied by transactions.</summary>
    public int Copied { get; init; }

    /// <summary>Runs a seed to its end, or to what it finds; a failure of the simulator itself is a finding too.</summary>
    public static SeedResult Of(ulong seed, PlantedBug bug, EventLoop loop, Cluster cluster, Action run)
    {
        GuaranteeException? failure = null;
        try
        {
            run();
        }
        catch (GuaranteeException found)
        {
            failure = found;
        }
        catch (Exception exception)
        {
            failure = new GuaranteeException("simulator", exception.ToString());
        }

        return new SeedResult(
            seed, bug, failure, failure is null ? "" : cluster.History.ToString(), loop.Trace.Value, loop.Now,
            cluster.History.Events, cluster.Operations, cluster.Table);
    }

    public string Report() =>
        $"""
        {Failure?.Message}

        {History}

        Replay: {(Bug == PlantedBug.None ? "" : $"BUG={Bug} ")}SEED={Seed} dotnet run --project tests/Simulation -- -class "*.{Suite}SeedTests"
        """;
}
