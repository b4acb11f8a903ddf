using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;
using Serverless.Core.Topics;
using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Audit;

/// <summary>The topics table as effects made it: which topics there are, and what they ever were.</summary>
internal sealed class TopicAudit
{
    private readonly Dictionary<string, Topic> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<TopicSettings>> _settings = new(StringComparer.Ordinal);
    private readonly HashSet<string> _deleted = new(StringComparer.Ordinal);
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);

    /// <summary>Topics that are not being deleted, in order of their names.</summary>
    public IEnumerable<Topic> Live => _byName.Values.OrderBy(topic => topic.Name, StringComparer.Ordinal);

    public Topic? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Somebody deleted it: it never comes back.</summary>
    public bool IsDeleted(string topicId) => _deleted.Contains(topicId);

    /// <summary>Every settings that a topic ever had: retention may still be at work by earlier ones.</summary>
    public IReadOnlyList<TopicSettings> SettingsOf(string topicId) => _settings.GetValueOrDefault(topicId) ?? [];

    /// <summary>A change that was tagged and refused for good: it must never show.</summary>
    public void Refused(string tag)
    {
        Guarantee.Holds(
            !_settings.Values.Any(history => history.Any(settings => Tag(settings) == tag)), "A1",
            $"The change of topics tagged {tag} was refused for good, and had been made.");
        _refused.Add(tag);
    }

    public bool Shows(string tag) => _settings.Values.Any(history => history.Any(settings => Tag(settings) == tag));

    public static string Tag(TopicSettings settings) => settings.Overrides.GetValueOrDefault(TopicSetting.SegmentMs.Name, "");

    public void Written(string partition, RowAction action)
    {
        if (!action.Row.StartsWith(TopicRow.Prefix, StringComparison.Ordinal))
        {
            return;
        }

        var name = action.Row[TopicRow.Prefix.Length..];
        if (action.Columns is not { } columns)
        {
            _byName.Remove(name);
            return;
        }

        var stored = TopicRow.Decode(new StoredRow(new RowKey(partition, action.Row), "audit", columns));
        Guarantee.Holds(
            Find(name) is not { } before || before.Id != stored.Topic.Id || before.Partitions <= stored.Topic.Partitions,
            "L18", $"Topic {name} lost partitions.");
        Guarantee.Holds(
            Find(name) is not { } other || other.Id == stored.Topic.Id, "L18",
            $"Topic {name} was replaced by another without being deleted.");
        Guarantee.Holds(
            stored.Deleting || !_deleted.Contains(stored.Topic.Id), "L18", $"Topic {name} came back from its deletion.");
        Guarantee.Holds(
            !_refused.Contains(Tag(stored.Topic.Settings)), "A1",
            $"The change of topic {name} tagged {Tag(stored.Topic.Settings)} was refused for good, and then made.");
        if (!_settings.TryGetValue(stored.Topic.Id, out var history))
        {
            history = _settings[stored.Topic.Id] = [];
        }

        history.Add(stored.Topic.Settings);
        if (stored.Deleting)
        {
            _deleted.Add(stored.Topic.Id);
            _byName.Remove(name);
        }
        else
        {
            _byName[name] = stored.Topic;
        }
    }
}
