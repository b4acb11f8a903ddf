using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Protocols;
using Serverless.Core.Access;
using Serverless.Edge.Fakes;
using Serverless.Functions;
using Serverless.Functions.Access;
using Serverless.Functions.Http.V3;

namespace Serverless.Edge.Access;

/// <summary>The functions with callers asked who they are: by tokens of a stub issuer, or by one of two keys.</summary>
internal sealed class AccessHost
{
    public const string AdminKey = "an-administrators-key";
    public const string AppKey = "an-applications-key";

    private static readonly IConfiguration Storage = new ConfigurationBuilder().AddInMemoryCollection(
        new Dictionary<string, string?> { [StorageSettings.LogStorage] = StorageSettings.DevelopmentStorage }).Build();

    public AccessHost(Func<AccessSettings, AccessSettings>? change = null, Action<IServiceCollection>? configure = null, StubIssuer? issuer = null)
    {
        Issuer = issuer ?? new StubIssuer();
        var settings = new AccessSettings
        {
            Mode = AccessMode.Required,
            Issuer = Issuer.Settings,
            Keys = new Dictionary<string, string> { ["admin"] = AdminKey, ["app"] = AppKey },
            SuperUsers = ["Key:admin"],
        };
        Edge = new EdgeHost(access: change?.Invoke(settings) ?? settings, configure: services =>
        {
            services.AddSingleton<IDocumentRetriever>(Issuer);
            configure?.Invoke(services);
            services.AddServerlessLog(Storage);
        });
        foreach (var topic in (string[])["orders", "copies", "letters"])
        {
            Edge.Topics.Add(topic, 1);
        }
    }

    public EdgeHost Edge { get; }

    public StubIssuer Issuer { get; }

    public DateTimeOffset Now => Edge.Clock.GetUtcNow();

    /// <summary>Adds ACLs, written as <c>TOPIC orders WRITE</c>; behind the name a <c>*</c> means all that begin so.</summary>
    public async Task AllowAsync(string principal, params string[] acls)
    {
        await Edge.Service<Acls>().AddAsync([.. acls.Select(acl => Binding(principal, acl, AclPermissionType.Allow))], default);
        Edge.Service<AclCache>().Drop();
    }

    public async Task DenyAsync(string principal, params string[] acls)
    {
        await Edge.Service<Acls>().AddAsync([.. acls.Select(acl => Binding(principal, acl, AclPermissionType.Deny))], default);
        Edge.Service<AclCache>().Drop();
    }

    /// <summary>Sends a request with these credentials: a header's value, or none.</summary>
    public Task<Answer> SendAsync(string method, string url, string? authorization, string? body = null, string type = "application/vnd.kafka.v2+json")
    {
        var headers = new List<(string, string)>();
        if (authorization is not null)
        {
            headers.Add(authorization.Contains(' ', StringComparison.Ordinal) ? ("Authorization", authorization) : ("x-functions-key", authorization));
        }

        if (body is not null)
        {
            headers.Add(("Content-Type", type));
        }

        return Edge.SendAsync(method, url, body is null ? null : Encoding.UTF8.GetBytes(body), [.. headers]);
    }

    public Task<Answer> GetAsync(string url, string? authorization) => SendAsync("GET", url, authorization);

    public string Bearer(params (string Name, object? Value)[] claims) => $"Bearer {Issuer.Token(Now, claims)}";

    private static AclBinding Binding(string principal, string acl, AclPermissionType permission)
    {
        var parts = acl.Split(' ');
        var isPrefix = parts[1].Length > 1 && parts[1].EndsWith('*');
        return new(
            AclFields.ResourceTypeOf(parts[0]), isPrefix ? parts[1][..^1] : parts[1], isPrefix ? AclPatternType.Prefixed : AclPatternType.Literal,
            principal, AclFields.OperationOf(parts[2]), permission);
    }
}
