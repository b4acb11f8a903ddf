using System.Text.RegularExpressions;
using Serverless.Infra.Bicep;

namespace Serverless.Infra;

/// <summary>docs/deploy.md tells of variables and parameters that are there.</summary>
public sealed partial class DeployPageTests
{
    private readonly string _page = Repository.Read("docs/deploy.md");

    [Fact]
    public void Its_variables_are_those_that_the_parameters_read_with_the_same_defaults()
    {
        var read = Variable().Matches(Repository.Read("infra/main.bicepparam"))
            .ToDictionary(
                match => match.Groups["name"].Value,
                match => match.Groups["default"] is { Success: true } given ? given.Value : null);
        var told = MarkdownTable.Of(_page).Single(table => table.Columns[0] == "variable").Rows
            .ToDictionary(row => row["variable"].Trim('`'), row => row["default"]);

        Assert.Equal(read.Keys.Order(StringComparer.Ordinal), told.Keys.Order(StringComparer.Ordinal));
        Assert.All(read, each => Assert.Matches(
            each.Value switch { null => "^(asked for|must be set)$", "" => "^(none|nobody)$", var given => $"^`{Regex.Escape(given)}`$" }, told[each.Key]));
    }

    [Fact]
    public async Task Its_file_of_parameters_makes_a_service()
    {
        var deployment = await Deployment.OfAsync(Snippet().Match(_page).Groups["text"].Value + "\nparam location = 'westeurope'\n");

        Assert.Single(deployment.OfType("Microsoft.Web/sites"));
        Assert.Single(deployment.OfType("Microsoft.Insights/actionGroups"));
    }

    [GeneratedRegex(@"readEnvironmentVariable\('(?<name>[A-Z_]+)'(, '(?<default>[^']*)')?\)")]
    private static partial Regex Variable();

    [GeneratedRegex(@"```bicep\n(?<text>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Snippet();
}
