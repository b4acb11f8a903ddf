using System.Reflection;
using System.Text;
using Serverless.Simulation.Bugs;
using Serverless.Simulation.World;
using Xunit;

namespace Serverless.Simulation;

/// <summary>The suite itself is tested: whatever mistake is planted, a checker names it.</summary>
public sealed class PlantedBugTests(ITestOutputHelper output)
{
    private const ulong SeedsMax = 500;

    [Fact]
    public void Every_planted_bug_is_caught_within_500_seeds()
    {
        var table = new StringBuilder().AppendLine("| planted bug | caught by | seeds to catch |").AppendLine("| --- | --- | ---: |");
        var missed = new List<string>();
        foreach (var bug in Enum.GetValues<PlantedBug>().Where(bug => bug != PlantedBug.None && (Seeds.Bug is PlantedBug.None || bug == Seeds.Bug)))
        {
            var caught = new List<SeedResult>();
            Seeds.Run(1, SeedsMax, seed => RunOf(bug)(seed), result =>
            {
                if (result.Failure is not null)
                {
                    caught.Add(result);
                }

                return caught.Count == 0;
            });

            // Several seeds run at a time; the lowest one is what a run in order would have found.
            if (caught.MinBy(result => result.Seed) is { } first)
            {
                table.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"| {bug} | {first.Failure!.Name} | {first.Seed} |");
                if (NamesOf(bug) is { } names && !names.Contains(first.Failure.Name))
                {
                    missed.Add($"{bug}, which {first.Failure.Message} caught and not {string.Join(" or ", names)}");
                }
            }
            else
            {
                missed.Add($"{bug}");
            }
        }

        output.WriteLine(table.ToString());
        Assert.Empty(missed);
    }

    private static Func<ulong, SeedResult> RunOf(PlantedBug bug) => NamesOf(bug)?.Any(name => name[0] == 'D') == true
        ? seed => DeliveryRun.Run(seed, bug)
        : NamesOf(bug)?.Any(name => name[0] == 'T') == true
            ? seed => CopyRun.Run(seed, bug)
            : seed => SeedRun.Run(seed, bug);

    private static IReadOnlyList<string>? NamesOf(PlantedBug bug) =>
        typeof(PlantedBug).GetField($"{bug}")!.GetCustomAttribute<CaughtByAttribute>()?.Names;
}
