using Serverless.Core.Storage;
using Serverless.Simulation.Engine;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Bugs;

/// <summary>Makes instances, with a mistake built in where one is asked for.</summary>
internal static class Planted
{
    public static Instance Instance(
        PlantedBug bug, string name, InstanceContext context, InstanceClock clock, Random random, SeedShape shape,
        IBlobStore blobs, IRowStore rows)
    {
        if (bug == PlantedBug.None)
        {
            return new Instance(name, context, clock, random, shape, blobs, rows);
        }

        if (bug == PlantedBug.RemovesAtOnce)
        {
            shape = shape with { Options = shape.Options with { RemovalDelay = TimeSpan.Zero, StartAgeMax = TimeSpan.FromHours(1) } };
        }

        rows = new PlantedGroupRows(new PlantedRows(rows, bug, clock), bug, clock);
        var plant = new PlantedTransactions(bug);
        var instance = new Instance(name, context, clock, random, shape, new PlantedBlobs(blobs, bug), rows, plant);
        instance.Logs = new PlantedLogs(instance.Logs, bug, clock);
        instance.Transactions = plant.Steps(instance.Transactions);
        instance.Groups = new PlantedGroups(instance.Groups, bug, instance, rows);
        return instance;
    }
}
