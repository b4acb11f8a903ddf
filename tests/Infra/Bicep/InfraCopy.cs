namespace Serverless.Infra.Bicep;

/// <summary>A copy of infra/ to put files beside it that are no part of it; deleted at the end.</summary>
internal sealed class InfraCopy : IDisposable
{
    public InfraCopy()
    {
        foreach (var file in Directory.EnumerateFiles(Repository.Infra, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(Folder, Path.GetRelativePath(Repository.Infra, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("infra-").FullName;

    public string Add(string name, string text)
    {
        var file = Path.Combine(Folder, name);
        File.WriteAllText(file, text);
        return file;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
