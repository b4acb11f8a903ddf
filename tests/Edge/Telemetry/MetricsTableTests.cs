using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Serverless.Core.Telemetry;
using Xunit;

namespace Serverless.Edge.Telemetry;

/// <summary>The table of docs/observability.md is the instruments of the code, both ways.</summary>
public sealed class MetricsTableTests
{
    [Fact]
    public void Every_instrument_is_told_as_it_is_and_none_that_is_not_there()
    {
        using var measured = new Measured();
        _ = new LogMetrics(measured);

        var made = measured.Instruments.Select(one => $"{one.Name} | {TypeOf(one)} | {one.Unit} | {one.Description}");

        Assert.Equal(made.Order(StringComparer.Ordinal), Rows().Select(row => $"{row[0]} | {row[1]} | {row[2]} | {row[4]}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Attributes_that_the_table_names_in_full_are_those_of_the_code()
    {
        var known = typeof(TelemetryAttributes).GetFields().Select(field => (string)field.GetRawConstantValue()!).ToHashSet();
        var named = Rows().SelectMany(row => row[3].Split(' ', ',', ':')).Where(word => word.Contains('.', StringComparison.Ordinal));

        Assert.DoesNotContain(named, name => !known.Contains(name));
    }

    private static string TypeOf(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" => "counter",
        "Histogram" => "histogram",
        "ObservableGauge" => "gauge",
        var other => other,
    };

    private static List<string[]> Rows()
    {
        var rows = File.ReadLines(Path.Combine(Folder(), "../../../docs/observability.md"))
            .SkipWhile(line => !line.StartsWith("| metric |", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Trim('|', ' ').Split(" | ").Select(cell => cell.Replace("`", "", StringComparison.Ordinal).Trim()).ToArray())
            .Select(cells => cells.Length == 5 ? cells : [cells[0], cells[1], cells[2], "", cells[^1].TrimStart('|', ' ')]).ToList();
        Assert.NotEmpty(rows);
        return rows;
    }

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
