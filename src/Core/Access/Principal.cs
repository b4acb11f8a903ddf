namespace Serverless.Core.Access;

/// <summary>Who asks, once that is proven. ACLs speak of its name, of its roles, and of everyone.</summary>
/// <param name="Name">With its type before it: <c>User:</c> and the token's subject, or <c>Key:</c> and the key's name.</param>
/// <param name="Roles">With their type: <c>Role:…</c>.</param>
public sealed record Principal(string Name, IReadOnlyList<string> Roles)
{
    public const string UserType = "User:";

    /// <summary>A type of its own, so that no key can be named as a token's subject is.</summary>
    public const string KeyType = "Key:";

    public const string RoleType = "Role:";

    /// <summary>Kafka's word for all callers. Here: for all that have proven who they are, by whatever means.</summary>
    public const string Everyone = "User:*";

    public static IReadOnlyList<string> Types { get; } = [UserType, KeyType, RoleType];

    /// <summary>What ACLs may call it.</summary>
    public IReadOnlyList<string> Names { get; } = [Name, .. Roles, Everyone];

    public override string ToString() => Name;
}
