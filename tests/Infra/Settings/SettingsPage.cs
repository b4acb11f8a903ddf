namespace Serverless.Infra.Settings;

/// <summary>The tables of docs/configuration.md: every setting, by who reads it and who sets it on Azure.</summary>
internal sealed class SettingsPage
{
    public const string File = "docs/configuration.md";

    private static readonly string[] ByService = ["Read by the service", "Access control"];

    private static readonly string[] ByOthers = ["Read by the Functions host and by libraries"];

    private static readonly string[] ByLocalHost = ["Read by the local host only"];

    private readonly IReadOnlyList<MarkdownTable> _tables = MarkdownTable.Of(Repository.Read(File));

    /// <summary>What our code asks for.</summary>
    public IReadOnlySet<string> Service => Names(Rows(ByService));

    /// <summary>What the host, the worker or a library asks for.</summary>
    public IReadOnlySet<string> Others => Names(Rows(ByOthers));

    public IReadOnlySet<string> All => Names(Rows(ByService).Concat(Rows(ByOthers)).Concat(Rows(ByLocalHost)));

    /// <summary>What the templates are to set, whoever reads it.</summary>
    public IReadOnlySet<string> SetByTemplate =>
        Names(Rows(ByService).Concat(Rows(ByOthers)).Where(row => row["on Azure"] == "template"));

    public IEnumerable<string> OnAzure => Rows(ByService).Concat(Rows(ByOthers)).Select(row => row["on Azure"]);

    private List<IReadOnlyDictionary<string, string>> Rows(string[] sections)
    {
        var rows = _tables.Where(table => table.Sections.Any(sections.Contains)).SelectMany(table => table.Rows).ToList();
        Assert.NotEmpty(rows);
        return rows;
    }

    // A name that the user gives stands for any: Access__Keys__<name>.
    private static HashSet<string> Names(IEnumerable<IReadOnlyDictionary<string, string>> rows) => rows
        .Select(row => row["setting"].Trim('`').Replace("<name>", "*", StringComparison.Ordinal)).ToHashSet(StringComparer.OrdinalIgnoreCase);
}
