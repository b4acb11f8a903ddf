namespace Serverless.LocalHost;

/// <summary>Where the repository begins: the nearest folder above the program, or the current one, that has host.json.</summary>
internal static class RepositoryRoot
{
    // Builds copy host.json beside the assembly, so host.json alone does not mark the root.
    private const string Mark = "Serverless.sln";

    public static string Find() =>
        Above(AppContext.BaseDirectory) ?? Above(Directory.GetCurrentDirectory()) ?? AppContext.BaseDirectory;

    private static string? Above(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, Mark)))
            {
                return at.FullName;
            }
        }

        return null;
    }
}
