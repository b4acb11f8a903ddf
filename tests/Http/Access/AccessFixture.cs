namespace Serverless.Http.Access;

/// <summary>The service with callers asked who they are: by tokens of an issuer on this machine, or by two keys.</summary>
public sealed class AccessFixture(AzuriteFixture azurite) : ServiceFixture(azurite), IAsyncLifetime
{
    public const string AdminKey = "the-key-of-an-administrator";
    public const string AppKey = "the-key-of-an-application";

    public static TimeSpan CacheAge { get; } = TimeSpan.FromSeconds(1);

    private StubIssuer? _issuer;

    internal StubIssuer Issuer => _issuer ?? throw new InvalidOperationException("Not started yet.");

    protected override IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?>
    {
        ["Access:Authority"] = Issuer.Authority,
        ["Access:Audience"] = StubIssuer.Audience,
        ["Access:Keys:admin"] = AdminKey,
        ["Access:Keys:app"] = AppKey,
        ["Access:SuperUsers"] = "Key:admin",
        ["Access:CacheMs"] = CacheAge.TotalMilliseconds.ToString("F0", null),
    };

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        _issuer = await StubIssuer.StartAsync();
        await InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Issuer.DisposeAsync();
    }
}
