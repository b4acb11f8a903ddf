namespace Serverless.Http.Shows;

/// <summary>Whole systems of several processes. They run one after another: each wants the machine for itself.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Show
{
    public const string Name = "Shows";

    private static int _names;

    /// <summary>A name that no other show has: they share one store.</summary>
    public static string NewName(string stem) => $"{stem}-{Interlocked.Increment(ref _names)}";
}
