namespace Serverless.Emulator;

/// <summary>Which Azurite to start, and where.</summary>
public sealed record AzuriteOptions
{
    /// <summary>The folder that keeps its data. Made if it is not there; never removed.</summary>
    public required string Location { get; init; }

    /// <summary>Path of <c>azurite.js</c>; null looks at the variable <c>AZURITE_JS</c>, then in <c>tools/azurite</c>.</summary>
    public string? Script { get; init; }

    /// <summary>0 takes any free port; so for the next two.</summary>
    public int BlobPort { get; init; }

    public int QueuePort { get; init; }

    public int TablePort { get; init; }

    /// <summary>
    /// Hears of each request as it is answered, one line of Apache's common log format each; null: requests are not logged.
    /// </summary>
    public Action<string>? AccessLog { get; init; }

    /// <summary>How long it may take to answer its first requests.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long it may take to write its state and end, before it is killed.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(15);
}
