using Serverless.Core.Storage;
using Serverless.Simulation.Engine;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Bugs;

/// <summary>Makes instances, with a mistake built in where one is asked for.</summary>
internal static class Planted
{
    public static Instance Instance(
        PlantedBug bug, string name, InstanceContext context, InstanceClock clock, Random random, SeedShape shape,
        IBlobStore blobs, IRowStore rows, Cluster cluster)
    {
        _ = (bug, cluster);
        return new Instance(name, context, clock, random, shape, blobs, rows);
    }
}
