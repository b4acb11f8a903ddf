using Serverless.Core.Topics;

namespace Serverless.Functions.Http.V3;

/// <summary>Bodies of v3 requests on topics and their settings (section 3 of the HTTP contract).</summary>
internal sealed record TopicRequest(string Name, int Partitions, IReadOnlyDictionary<string, string?> Configs, bool ValidateOnly)
{
    private static readonly FieldNames CreateFields =
        new("topic_name", "partitions_count", "replication_factor", "configs", "validate_only", "replicas_assignments");

    private static readonly FieldNames CountFields = new("partitions_count");
    private static readonly FieldNames ValueFields = new("value");
    private static readonly FieldNames AlterFields = new("data", "validate_only");
    private static readonly FieldNames CreateConfigFields = new("name", "value");
    private static readonly FieldNames AlterConfigFields = new("name", "value", "operation");

    public static TopicRequest ParseCreate(RequestBody body, HttpLimits limits)
    {
        var json = Open(body);
        string? name = null;
        var (partitions, validateOnly) = (1, false);
        var configs = new Dictionary<string, string?>(StringComparer.Ordinal);
        for (uint seen = 0; json.NextField(CreateFields, ref seen, out var field);)
        {
            if (json.IsNull)
            {
                continue;
            }

            switch (CreateFields[field])
            {
                case "topic_name":
                    name = json.String("topic_name");
                    break;
                case "partitions_count":
                    partitions = json.Int32("partitions_count");
                    break;
                case "replication_factor":
                    CheckReplicationFactor(ref json);
                    break;
                case "configs":
                    ReadConfigs(ref json, CreateConfigFields, "configs", configs, limits);
                    break;
                case "validate_only":
                    validateOnly = json.Bool("validate_only");
                    break;
                case "replicas_assignments":
                    json.Refuse(Problem.BadAdmin("replicas_assignments is not supported: there is one broker."));
                    json.Skip();
                    break;
            }
        }

        if (name is null)
        {
            throw new RequestException(Problem.Malformed("topic_name is missing."));
        }

        json.End();
        return new TopicRequest(name, partitions, configs, validateOnly);
    }

    public static int ParsePartitionsCount(RequestBody body)
    {
        var json = Open(body);
        int? count = null;
        for (uint seen = 0; json.NextField(CountFields, ref seen, out _);)
        {
            count = json.Int32("partitions_count");
        }

        json.End();
        return count ?? throw new RequestException(Problem.Malformed("partitions_count is missing."));
    }

    public static string ParseConfigValue(RequestBody body)
    {
        var json = Open(body);
        string? value = null;
        for (uint seen = 0; json.NextField(ValueFields, ref seen, out _);)
        {
            value = json.String("value");
        }

        json.End();
        return value ?? throw new RequestException(Problem.Malformed("value is missing."));
    }

    /// <summary>Settings to override; null takes one back to its default.</summary>
    public static (IReadOnlyDictionary<string, string?> Changes, bool ValidateOnly) ParseAlter(RequestBody body, HttpLimits limits)
    {
        var json = Open(body);
        var changes = new Dictionary<string, string?>(StringComparer.Ordinal);
        var (validateOnly, any) = (false, false);
        for (uint seen = 0; json.NextField(AlterFields, ref seen, out var field);)
        {
            if (AlterFields[field] == "data")
            {
                any = true;
                ReadConfigs(ref json, AlterConfigFields, "data", changes, limits);
            }
            else if (!json.IsNull)
            {
                validateOnly = json.Bool("validate_only");
            }
        }

        if (!any)
        {
            throw new RequestException(Problem.Malformed("data is missing."));
        }

        json.End();
        return (changes, validateOnly);
    }

    /// <summary>The setting of that name; 404/404 when there is none.</summary>
    public static EffectiveSetting Setting(Topic topic, string name)
    {
        foreach (var setting in topic.Settings.Effective)
        {
            if (setting.Name == name)
            {
                return setting;
            }
        }

        throw new RequestException(Problem.NotFound("Config not found."));
    }

    // Unknown fields are 400 here, as in v3 records.
    private static StrictJson Open(RequestBody body)
    {
        if (body.IsEmpty)
        {
            throw new RequestException(Problem.NoBody);
        }

        var json = StrictJson.Open(body.Bytes.Span, Problem.Malformed);
        json.BeginObject("The body");
        return json;
    }

    private static void CheckReplicationFactor(ref StrictJson json)
    {
        // -1 is Kafka's "as the cluster has it".
        if (json.Int32("replication_factor") is not (1 or -1))
        {
            json.Refuse(Problem.BadAdmin("replication_factor must be 1: there is one broker, and storage replicates."));
        }
    }

    private static void ReadConfigs(
        ref StrictJson json, FieldNames fields, string what, Dictionary<string, string?> configs, HttpLimits limits)
    {
        json.BeginArray(what);
        while (json.NextElement())
        {
            json.BeginObject("A config");
            string? name = null, value = null, operation = null;
            for (uint seen = 0; json.NextField(fields, ref seen, out var field);)
            {
                if (json.IsNull)
                {
                    continue;
                }

                switch (fields[field])
                {
                    case "name":
                        name = json.String("name");
                        break;
                    case "value":
                        value = json.String("value");
                        break;
                    case "operation":
                        operation = json.String("operation");
                        break;
                }
            }

            if (name is null || operation is not (null or "SET" or "DELETE"))
            {
                throw new RequestException(Problem.Malformed(name is null ? "name is missing." : "operation must be SET or DELETE."));
            }

            if (operation != "DELETE" && value is null && fields == AlterConfigFields)
            {
                json.Refuse("value is missing.");
            }

            if (!configs.TryAdd(name, operation == "DELETE" ? null : value))
            {
                json.Refuse(Problem.BadAdmin($"{StrictJson.Shown(name)} is given more than once."));
            }

            if (configs.Count > limits.ListEntriesMax)
            {
                throw new RequestException(Problem.Malformed($"{what} must have at most {limits.ListEntriesMax} entries."));
            }
        }
    }
}
