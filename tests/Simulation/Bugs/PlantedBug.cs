namespace Serverless.Simulation.Bugs;

/// <summary>Mistakes that an implementation could make; each must be caught by a checker.</summary>
public enum PlantedBug
{
    None,
}
