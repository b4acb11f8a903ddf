using System.Text.Json;

namespace Serverless.Infra.Bicep;

/// <summary>What a deployment would make: the compiler's snapshot, in which all is worked out that can be known beforehand.</summary>
internal sealed class Deployment
{
    public const string Subscription = "11111111-1111-1111-1111-111111111111";

    public const string Group = "the-group";

    // What can be left out is left out.
    private const string Plain = """
        using 'service.bicep'
        param name = 'log'
        param location = 'westeurope'
        param options = { access: { mode: 'required', audience: 'api://log' } }
        """;

    private const string Full = """
        using 'service.bicep'
        param name = 'log'
        param location = 'westeurope'
        param tags = { team: 'log' }
        param options = {
          access: {
            mode: 'required'
            audience: 'api://log'
            tenantId: '22222222-2222-2222-2222-222222222222'
            superUsers: 'User:33333333-3333-3333-3333-333333333333'
            platformClientId: '44444444-4444-4444-4444-444444444444'
          }
          zoneRedundant: true
          privateNetwork: true
          instanceMemoryMB: 4096
          maximumInstanceCount: 100
          alwaysReadyInstances: 2
          alertEmail: 'ops@example.org'
        }
        """;

    private static readonly Lazy<Task<Deployment>> LazyPlain = new(() => OfAsync(Plain)), LazyFull = new(() => OfAsync(Full));

    private Deployment(IReadOnlyList<JsonElement> resources) => Resources = resources;

    public IReadOnlyList<JsonElement> Resources { get; }

    /// <summary>With nothing but what must be given.</summary>
    public static Task<Deployment> PlainAsync() => LazyPlain.Value;

    /// <summary>With every option on.</summary>
    public static Task<Deployment> FullAsync() => LazyFull.Value;

    /// <summary>Both, for what must hold in any.</summary>
    public static async Task<IReadOnlyList<Deployment>> AllAsync() => [await PlainAsync(), await FullAsync()];

    /// <summary>The snapshot of a file of parameters.</summary>
    public static async Task<Deployment> OfAsync(string parameters)
    {
        using var copy = new InfraCopy();
        var file = copy.Add("test.bicepparam", parameters);
        var (code, _, complaints) = await BicepCompiler.RunAsync(
            ["snapshot", file, "--subscription-id", Subscription, "--resource-group", Group, "--location", "westeurope",
                "--tenant-id", "22222222-2222-2222-2222-222222222222"]);
        Assert.Equal((0, ""), (code, complaints));

        using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.ChangeExtension(file, ".snapshot.json")));
        return new Deployment([.. document.RootElement.Clone().GetProperty("predictedResources").EnumerateArray()]);
    }

    public IEnumerable<JsonElement> OfType(string type) =>
        Resources.Where(resource => resource.GetProperty("type").GetString() == type);

    /// <summary>The application settings by name; a value that is not known beforehand is the expression that it comes from.</summary>
    public IReadOnlyDictionary<string, string> AppSettings()
    {
        var settings = OfType("Microsoft.Web/sites").Single().GetProperty("properties").GetProperty("siteConfig").GetProperty("appSettings");
        var found = new Dictionary<string, string>();
        foreach (var made in ArmExpression.Parse(settings.GetString()!).All("createObject"))
        {
            var pairs = made.Arguments.Chunk(2).ToDictionary(pair => pair[0].Text, pair => pair[1]);
            if (pairs.TryGetValue("name", out var name) && pairs.TryGetValue("value", out var value))
            {
                // The function that turns a table into a list has no name of its own to tell.
                if (name.IsLiteral)
                {
                    found.Add(name.Text, value.Text);
                }

                continue;
            }

            foreach (var (key, each) in pairs)
            {
                found.Add(key, each.Text);
            }
        }

        return found;
    }
}
