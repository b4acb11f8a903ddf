namespace Serverless.Functions.Http;

/// <summary>Which of the two APIs a route belongs to: it decides types, and the type of an error.</summary>
internal enum ApiVersion
{
    V2,
    V3,
}

/// <summary>What a request's Content-Type must be.</summary>
internal enum BodyRule
{
    /// <summary>There is no body that anyone looks at.</summary>
    None,

    /// <summary>A body whose type is not looked at: GET with a body.</summary>
    Untyped,

    /// <summary>v2: any of Kafka's types, plain JSON, or none.</summary>
    V2,

    /// <summary>v2 produce: the type says how keys and values are written.</summary>
    V2Records,

    /// <summary>v3: plain JSON.</summary>
    V3,
}

/// <summary>What is checked before an operation begins.</summary>
internal sealed record Operation(ApiVersion Version, BodyRule Body, params string[] QueryNames)
{
    public static Operation V2Read { get; } = new(ApiVersion.V2, BodyRule.None);

    public static Operation V2Write { get; } = new(ApiVersion.V2, BodyRule.V2);

    public static Operation V2Produce { get; } = new(ApiVersion.V2, BodyRule.V2Records, "format") { TakesKey = true, Produces = true };

    public static Operation V2Create { get; } = V2Write with { TakesKey = true, Creates = true };

    public static Operation V3Read { get; } = new(ApiVersion.V3, BodyRule.None);

    public static Operation V3Write { get; } = new(ApiVersion.V3, BodyRule.V3);

    public static Operation V3Create { get; } = V3Write with { TakesKey = true, Creates = true };

    public static Operation V3Produce { get; } = new(ApiVersion.V3, BodyRule.V3) { TakesKey = true, Produces = true };

    /// <summary>The partition that the path names, as it was sent; null where the path names none.</summary>
    public string? Partition { get; init; }

    /// <summary>The reply is records: their format decides what must be accepted.</summary>
    public bool RepliesWithRecords { get; init; }

    /// <summary>It may have an <c>Idempotency-Key</c>; elsewhere the header is not looked at.</summary>
    public bool TakesKey { get; init; }

    /// <summary>It stores records: the bytes of its body count as produced.</summary>
    public bool Produces { get; init; }

    /// <summary>It makes something that stays.</summary>
    public bool Creates { get; init; }

    /// <summary>It is held against no quota: probes, and the service's calls to itself.</summary>
    public bool IsUnmetered { get; init; }
}
