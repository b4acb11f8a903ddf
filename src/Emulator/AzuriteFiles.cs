namespace Serverless.Emulator;

/// <summary>Finds the emulator that <c>npm ci</c> put into <c>tools/azurite</c>, from wherever this program was built.</summary>
internal static class AzuriteFiles
{
    private const string InRepository = "tools/azurite";
    private const string InPackage = "node_modules/azurite/dist/src/azurite.js";

    public static string Supervisor() => Path.Combine(Tools(), "start.js");

    public static string Script(string? given)
    {
        var script = given
            ?? Environment.GetEnvironmentVariable("AZURITE_JS")
            ?? Path.Combine(Tools(), InPackage);
        return File.Exists(script)
            ? Path.GetFullPath(script)
            : throw new FileNotFoundException($"No Azurite at {script}: run `npm ci` in {InRepository}, or set AZURITE_JS.");
    }

    private static string Tools()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var tools = Path.Combine(folder.FullName, InRepository);
            if (File.Exists(Path.Combine(tools, "start.js")))
            {
                return tools;
            }
        }

        throw new DirectoryNotFoundException($"No {InRepository} in any folder above {AppContext.BaseDirectory}.");
    }
}
