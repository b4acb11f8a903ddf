using System.Reflection;

namespace Serverless.Infra;

/// <summary>Where the files are that are under test.</summary>
internal static class Repository
{
    public static string Root { get; } = Path.GetFullPath(Metadata("Root"));

    public static string Infra { get; } = Path.Combine(Root, "infra");

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>What the build told this assembly.</summary>
    public static string Metadata(string key) => typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == key).Value!;
}
