using Serverless.Core.Access;

namespace Serverless.Functions.Http.V3;

/// <summary>ACLs as bodies and queries of v3 name them.</summary>
internal static class AclRequest
{
    /// <summary>As Confluent has it: of one batch.</summary>
    private const int BatchMax = 1_000;

    private static readonly FieldNames Fields = new(
        AclFields.ResourceType, AclFields.ResourceName, AclFields.PatternType, AclFields.PrincipalName, AclFields.Host, AclFields.Operation,
        AclFields.Permission);

    private static readonly FieldNames BatchFields = new("data");

    public static string[] QueryNames { get; } =
    [
        AclFields.ResourceType, AclFields.ResourceName, AclFields.PatternType, AclFields.PrincipalName, AclFields.Host, AclFields.Operation,
        AclFields.Permission,
    ];

    /// <summary>The one ACL of a body.</summary>
    public static AclBinding Parse(RequestBody body)
    {
        var json = Open(body);
        var acl = Read(ref json);
        json.End();
        return acl;
    }

    /// <summary>Those of <c>{"data": […]}</c>.</summary>
    public static IReadOnlyList<AclBinding> ParseBatch(RequestBody body)
    {
        var json = Open(body);
        json.BeginObject("The body");
        var acls = new List<AclBinding>();
        for (uint seen = 0; json.NextField(BatchFields, ref seen, out _);)
        {
            json.BeginArray("data");
            while (json.NextElement())
            {
                acls.Add(Read(ref json));
                if (acls.Count > BatchMax)
                {
                    throw new RequestException(Problem.Malformed($"data must have at most {BatchMax} entries."));
                }
            }
        }

        json.End();
        return acls.Count > 0 ? acls : throw new RequestException(Problem.Malformed("data is missing or empty."));
    }

    /// <summary>Which ACLs a query means.</summary>
    public static AclFilter Filter(Query query)
    {
        var (name, pattern) = (query.Text(AclFields.ResourceName), Word(query, AclFields.PatternType));
        var byCover = pattern == AclFields.Match;
        if (byCover && name is null)
        {
            throw Query.Bad($"{AclFields.PatternType}={AclFields.Match} asks for what an ACL is about: {AclFields.ResourceName} must be given.");
        }

        if (query.Text(AclFields.Host) is not (null or AclFields.AnyHost) && Word(query, AclFields.Host) is not null)
        {
            throw new RequestException(OtherHost);
        }

        return new AclFilter
        {
            ResourceType = Word(query, AclFields.ResourceType) is { } type ? AclFields.ResourceTypeOf(type) : null,
            Name = name,
            PatternType = pattern is null || byCover ? null : AclFields.PatternTypeOf(pattern),
            ByWhatTheyCover = byCover,
            Principal = query.Text(AclFields.PrincipalName),
            Operation = Word(query, AclFields.Operation) is { } operation ? AclFields.OperationOf(operation) : null,
            Permission = Word(query, AclFields.Permission) is { } permission ? AclFields.PermissionOf(permission) : null,
        };
    }

    private static Problem OtherHost { get; } = Problem.Malformed(
        $"{AclFields.Host} must be {AclFields.AnyHost}: ACLs here do not tell addresses apart.");

    // Null where it is missing, empty, or says that it does not matter.
    private static string? Word(Query query, string name) =>
        query.Text(name)?.ToUpperInvariant() is { Length: > 0 } word && word != AclFields.Any ? word : null;

    private static StrictJson Open(RequestBody body) => body.IsEmpty
        ? throw new RequestException(Problem.NoBody)
        : StrictJson.Open(body.Bytes.Span, Problem.Malformed);

    private static AclBinding Read(ref StrictJson json)
    {
        json.BeginObject("An ACL");
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (uint seen = 0; json.NextField(Fields, ref seen, out var field);)
        {
            values[Fields[field]] = json.String(Fields[field]);
        }

        json.End();
        if (values.TryGetValue(AclFields.Host, out var host) && host != AclFields.AnyHost)
        {
            throw new RequestException(OtherHost);
        }

        var type = AclFields.ResourceTypeOf(Required(AclFields.ResourceType));
        var name = values.GetValueOrDefault(AclFields.ResourceName) ?? (type == AclResourceType.Cluster ? AclBinding.ClusterName : null);
        var acl = new AclBinding(
            type,
            name ?? Required(AclFields.ResourceName),
            values.TryGetValue(AclFields.PatternType, out var pattern) ? AclFields.PatternTypeOf(pattern) : AclPatternType.Literal,
            Required(AclFields.PrincipalName),
            AclFields.OperationOf(Required(AclFields.Operation)),
            AclFields.PermissionOf(Required(AclFields.Permission)));
        return AclFields.Complaint(acl) is { } complaint ? throw new RequestException(Problem.Malformed(complaint)) : acl;

        string Required(string name) =>
            values.TryGetValue(name, out var value) ? value : throw new RequestException(Problem.Malformed($"{name} is missing."));
    }
}
