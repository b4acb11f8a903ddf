using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace Serverless.Infra.Settings;

/// <summary>Settings that remember which of them were asked for, whether they are there or not.</summary>
internal sealed class RecordingConfiguration(IReadOnlyDictionary<string, string> values) : IConfiguration
{
    private readonly IConfigurationRoot _inner = new ConfigurationBuilder().AddInMemoryCollection(values.Select(
        each => KeyValuePair.Create(each.Key.Replace("__", ":", StringComparison.Ordinal), (string?)each.Value))).Build();

    /// <summary>As they are written for Azure: <c>Section__Name</c>; <c>Section__*</c> where all of a section was asked for.</summary>
    public SortedSet<string> Read { get; } = new(StringComparer.OrdinalIgnoreCase);

    public string? this[string key]
    {
        get
        {
            Note(key);
            return _inner[key];
        }

        set => throw new NotSupportedException("Settings are given, not made.");
    }

    public IConfigurationSection GetSection(string key) => new Section(this, _inner.GetSection(key));

    public IEnumerable<IConfigurationSection> GetChildren() => Children("", _inner.GetChildren());

    public IChangeToken GetReloadToken() => _inner.GetReloadToken();

    private IEnumerable<IConfigurationSection> Children(string path, IEnumerable<IConfigurationSection> children)
    {
        Note(path.Length == 0 ? "*" : $"{path}:*");
        return children.Select(child => new Section(this, child));
    }

    private void Note(string key) => Read.Add(key.Replace(":", "__", StringComparison.Ordinal));

    private sealed class Section(RecordingConfiguration root, IConfigurationSection inner) : IConfigurationSection
    {
        public string Key => inner.Key;

        public string Path => inner.Path;

        // What GetChildren found is known by the whole section; single settings are asked for by their names.
        public string? Value
        {
            get
            {
                root.Note(inner.Path);
                return inner.Value;
            }

            set => throw new NotSupportedException("Settings are given, not made.");
        }

        public string? this[string key]
        {
            get => root[ConfigurationPath.Combine(inner.Path, key)];
            set => throw new NotSupportedException("Settings are given, not made.");
        }

        public IConfigurationSection GetSection(string key) => root.GetSection(ConfigurationPath.Combine(inner.Path, key));

        public IEnumerable<IConfigurationSection> GetChildren() => root.Children(inner.Path, inner.GetChildren());

        public IChangeToken GetReloadToken() => inner.GetReloadToken();
    }
}
