using System.Globalization;
using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Serverless.Functions;

namespace Serverless.Infra.Cost;

/// <summary>Every number of docs/cost.md is worked out again from the prices and inputs that stand in it.</summary>
public sealed class CostPageTests
{
    private const int Labels = 2;

    private readonly IReadOnlyList<MarkdownTable> _tables = MarkdownTable.Of(Repository.Read("docs/cost.md"));

    [Fact]
    public void Every_sum_is_what_its_formula_comes_to()
    {
        var (scenarios, wrong, sums) = (Table("Inputs").Columns.Skip(Labels).ToList(), new List<string>(), 0);
        foreach (var scenario in scenarios)
        {
            var known = Prices();
            foreach (var row in Table("Inputs").Rows)
            {
                known.Add(Name(row, "input"), Formula.Evaluate(row[scenario], name => known[name]));
            }

            foreach (var row in _tables.Where(table => table.Columns[0] == "sum").SelectMany(table => table.Rows))
            {
                var value = Formula.Evaluate(row["how"].Trim('`'), name => known[name]);
                known.Add(Name(row, "sum"), value);
                sums++;
                var cell = row.GetValueOrDefault(scenario) ?? row["a month"];
                if (cell != Printed(value, cell))
                {
                    wrong.Add($"{Name(row, "sum")}, {scenario}: {value} and not {cell}");
                }
            }
        }

        Assert.True(sums > 50, "There is hardly a sum: the tables have not been found.");
        Assert.Equal([], wrong);
    }

    [Fact]
    public void Every_price_says_where_it_is_from() =>
        Assert.All(Table("Prices").Rows, row => Assert.Matches("^(design|found|unverified)", row["from"]));

    [Fact]
    public void The_timers_of_the_page_are_those_of_the_service()
    {
        var schedules = typeof(ServiceRegistration).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods()).SelectMany(method => method.GetParameters())
            .Select(parameter => parameter.GetCustomAttribute<TimerTriggerAttribute>()?.Schedule).OfType<string>().Select(PerMinute);

        var sum = _tables.SelectMany(table => table.Rows).Single(row => row.GetValueOrDefault("sum") == "`timer-runs`");

        Assert.Equal($"`43800 × {schedules.Sum().ToString("0.###", CultureInfo.InvariantCulture)}`", sum["how"]);
    }

    [Theory]
    [InlineData("2 + 3 × 4", "14")]
    [InlineData("(2 + 3) × 4 / 8", "2.5")]
    [InlineData("max(0, a-b − 100) × 2", "0")]
    [InlineData("min(a-b, 100) × 2", "14")]
    public void A_formula_is_read_as_arithmetic_is(string text, string value) => Assert.Equal(
        decimal.Parse(value, CultureInfo.InvariantCulture),
        Formula.Evaluate(text, name => name == "a-b" ? 7 : throw new KeyNotFoundException(name)));

    // «20 * * * * *» runs once a minute, «15 */5 * * * *» each fifth.
    private static decimal PerMinute(string schedule) => schedule.Split(' ') is [not "*", var minutes, "*", "*", "*", "*"]
        ? minutes == "*" ? 1 : 1m / int.Parse(minutes.AsSpan("*/".Length), CultureInfo.InvariantCulture)
        : throw new ArgumentException($"How often is {schedule}?", nameof(schedule));

    private MarkdownTable Table(string section) => _tables.Single(table => table.Sections[^1] == section);

    // «0.055 per 10000 writes»: what one of them costs.
    private Dictionary<string, decimal> Prices() => Table("Prices").Rows.ToDictionary(
        row => Name(row, "price"),
        row => decimal.Parse(row["$"], CultureInfo.InvariantCulture) / decimal.Parse(row["per"].Split(' ')[0], CultureInfo.InvariantCulture));

    private static string Name(IReadOnlyDictionary<string, string> row, string column) => row[column].Trim('`');

    // As it stands there: with a dollar sign or not, and as many decimals.
    private static string Printed(decimal value, string cell)
    {
        var decimals = cell.Contains('.', StringComparison.Ordinal) ? cell.Length - cell.IndexOf('.', StringComparison.Ordinal) - 1 : 0;
        var rounded = Math.Round(value, decimals, MidpointRounding.AwayFromZero);
        return (cell.StartsWith('$') ? "$" : "") + rounded.ToString($"N{decimals}", CultureInfo.InvariantCulture);
    }
}
