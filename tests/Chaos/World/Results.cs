namespace Serverless.Chaos.World;

/// <summary>Where files go that somebody will want to look at: TestResults of the repository.</summary>
internal static class Results
{
    public static string File(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder.Parent is not null && !System.IO.File.Exists(Path.Combine(folder.FullName, "Serverless.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(Directory.CreateDirectory(Path.Combine(folder.FullName, "TestResults")).FullName, name);
    }
}
