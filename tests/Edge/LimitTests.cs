using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;
using Serverless.Edge.Fakes;
using Serverless.Functions;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Quotas;
using Xunit;

namespace Serverless.Edge;

/// <summary>Each row of docs/limits.md: what is just allowed, what is one more, and that the table says how the code is.</summary>
public sealed partial class LimitTests
{
    private static readonly Dictionary<string, DocRow> Rows = ReadRows();

    public static TheoryData<string> Names => [.. Rows.Keys];

    public static TheoryData<string> NamesWithSettings => [.. Rows.Values.Where(row => row.Setting.Length > 0).Select(row => row.Name)];

    private sealed record DocRow(string Name, string Setting, string Default, string Range, string Answer);

    [Fact]
    public void Every_limit_of_the_table_has_a_test_and_every_test_a_limit() =>
        Assert.Equal(Rows.Keys.Order(StringComparer.Ordinal), LimitCases.All.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task At_the_limit_it_works_and_one_more_is_answered_as_the_table_says(string name)
    {
        var (row, limit) = (Rows[name], LimitCases.All[name]);
        if (limit.At is null || limit.Above is null)
        {
            Assert.True(File.Exists(Path.Combine(Root(), "tests", "Core.Tests", "Delivery", $"{Elsewhere().Match(row.Answer).Groups[1].Value}.cs")));
            return;
        }

        var settings = limit.With.ToList();
        if (row.Setting.Length > 0)
        {
            settings.Add((row.Setting, limit.Value));
        }

        var host = EdgeHost.Real([.. settings.Select(set => (set.Item1.Replace("__", ":", StringComparison.Ordinal), set.Item2))]);

        var at = await limit.At(host);
        Assert.True(at.Status is >= 200 and < 300, $"At the limit: {at.Status} {at.Body}");
        Assert.False(at.Headers.ContainsKey("Kafka-More"));

        var above = await limit.Above(host);
        if (row.Answer.StartsWith("cut", StringComparison.Ordinal))
        {
            Assert.Equal(200, above.Status);
            Assert.Equal(row.Answer.Contains("Kafka-More", StringComparison.Ordinal), above.Headers.ContainsKey("Kafka-More"));
            return;
        }

        Assert.Equal(row.Answer, $"{above.Status}/{above.ErrorCode}");
        Assert.Equal(above.Status == 429 || above.ErrorCode == 50003, above.Headers.RetryAfter.Count == 1);
    }

    [Theory]
    [MemberData(nameof(NamesWithSettings))]
    public void The_default_is_the_tables_and_the_setting_is_read(string name)
    {
        var row = Rows[name];

        Assert.Equal(Options(), Options((row.Setting, row.Default)));
        Assert.NotEqual(Options(), Options([.. LimitCases.All[name].With, (row.Setting, LimitCases.All[name].Value)]));
    }

    [Theory]
    [MemberData(nameof(NamesWithSettings))]
    public void What_is_outside_of_the_range_is_refused_by_name(string name)
    {
        var row = Rows[name];
        var outside = new List<string> { "x", "1.5" };
        if (Between().Match(row.Range) is { Success: true } between)
        {
            outside.Add(Plus(between.Groups[1].Value, -1));
            outside.Add(Plus(between.Groups[2].Value, 1));
        }
        else if (From().Match(row.Range) is { Success: true } from)
        {
            outside.Add(Plus(from.Groups[1].Value, -1));
        }
        else
        {
            // The bound is another setting's value.
            outside.Add(UpTo().Match(row.Range) is { Success: true } most ? Plus(most.Groups[1].Value, 1) : "1");
        }

        foreach (var value in outside)
        {
            Assert.Contains(row.Setting, Assert.Throws<SettingException>(() => Options((row.Setting, value))).Message, StringComparison.Ordinal);
        }
    }

    private static string Plus(string number, long more) =>
        (long.Parse(number, CultureInfo.InvariantCulture) + more).ToString(CultureInfo.InvariantCulture);

    private static (HttpLimits, QuotaOptions, TopicOptions, GroupOptions, TransactionOptions, DeliveryOptions) Options(
        params (string Setting, string Value)[] settings)
    {
        var host = EdgeHost.Real([.. settings.Select(set => (set.Setting.Replace("__", ":", StringComparison.Ordinal), set.Value))]);
        return (
            host.Service<HttpLimits>(), host.Service<QuotaOptions>(), host.Service<TopicOptions>(), host.Service<GroupOptions>(),
            host.Service<TransactionOptions>(), host.Service<DeliveryOptions>());
    }

    private static string Root([CallerFilePath] string self = "") => Path.Combine(Path.GetDirectoryName(self)!, "..", "..");

    private static Dictionary<string, DocRow> ReadRows()
    {
        return File.ReadLines(Path.Combine(Root(), "docs", "limits.md"))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))
            .Where(cells => cells is [not ("limit" or "---"), _, _, _, _])
            .Select(cells => new DocRow(cells[0], cells[1].Trim('`'), cells[2], cells[3], cells[4]))
            .ToDictionary(row => row.Name, StringComparer.Ordinal);
    }

    [GeneratedRegex("^([0-9]+) to ([0-9]+)$")]
    private static partial Regex Between();

    [GeneratedRegex("^nobody \\((.+)\\)$")]
    private static partial Regex Elsewhere();

    [GeneratedRegex("^from ([0-9]+)$")]
    private static partial Regex From();

    [GeneratedRegex("up to ([0-9]+)")]
    private static partial Regex UpTo();
}
