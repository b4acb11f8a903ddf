using System.Text.Json;
using System.Text.RegularExpressions;

namespace Serverless.Infra.Bicep;

/// <summary>What whatever is deployed must be, whoever edits the templates next.</summary>
public sealed partial class DeploymentTests
{
    // https://learn.microsoft.com/azure/role-based-access-control/built-in-roles, looked up apart from infra/modules/roles.bicep.
    private static readonly Dictionary<string, string> Roles = new()
    {
        ["b7e6dc6d-f1e8-4753-8033-0f276bb0955b"] = "Storage Blob Data Owner",
        ["ba92f5b4-2d11-453d-a403-e96b0029c9fe"] = "Storage Blob Data Contributor",
        ["0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"] = "Storage Table Data Contributor",
        ["3913510d-42f4-4e42-8a64-420c390055eb"] = "Monitoring Metrics Publisher",
    };

    [Fact]
    public async Task The_identity_has_these_rights_on_single_resources_and_no_others()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            var granted = deployment.OfType("Microsoft.Authorization/roleAssignments").Select(grant =>
            {
                var id = Text(grant, "id");
                var scope = id[..id.IndexOf("/providers/Microsoft.Authorization", StringComparison.Ordinal)];
                return $"{Roles[Text(grant, "properties", "roleDefinitionId").Split('/')[^1]]} on {Kind(scope)}";
            });

            Assert.Equal(
                [
                    "Monitoring Metrics Publisher on appi-log",
                    "Storage Blob Data Contributor on stlog",
                    "Storage Blob Data Owner on sthost",
                    "Storage Table Data Contributor on sthost",
                    "Storage Table Data Contributor on stlog",
                ],
                granted.Order(StringComparer.Ordinal));
        }

        // A name without what makes it unlike others; a scope that is no resource has none.
        static string Kind(string scope) => ResourceName().Match(scope) is { Success: true } match
            ? match.Groups[1].Value : $"no single resource: {scope}";
    }

    [Fact]
    public async Task Rights_are_given_to_the_apps_identity_alone()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            var identity = Text(deployment.OfType("Microsoft.ManagedIdentity/userAssignedIdentities").Single(), "id");

            Assert.All(deployment.OfType("Microsoft.Authorization/roleAssignments"), grant =>
            {
                Assert.Contains($"reference('{identity}'", Text(grant, "properties", "principalId"), StringComparison.Ordinal);
                Assert.EndsWith(".principalId]", Text(grant, "properties", "principalId"), StringComparison.Ordinal);
                Assert.Equal("ServicePrincipal", Text(grant, "properties", "principalType"));
            });
            Assert.Contains(
                identity, deployment.OfType("Microsoft.Web/sites").Single().GetProperty("identity").GetRawText(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Storage_takes_tokens_over_tls_and_nothing_else()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            var accounts = deployment.OfType("Microsoft.Storage/storageAccounts").ToList();

            Assert.Equal(2, accounts.Count);
            Assert.All(accounts, account =>
            {
                var set = account.GetProperty("properties");
                Assert.False(set.GetProperty("allowSharedKeyAccess").GetBoolean());
                Assert.False(set.GetProperty("allowBlobPublicAccess").GetBoolean());
                Assert.False(set.GetProperty("allowCrossTenantReplication").GetBoolean());
                Assert.True(set.GetProperty("supportsHttpsTrafficOnly").GetBoolean());
                Assert.True(set.GetProperty("defaultToOAuthAuthentication").GetBoolean());
                Assert.Equal("TLS1_2", Text(set, "minimumTlsVersion"));
            });
            Assert.All(
                deployment.OfType("Microsoft.Storage/storageAccounts/blobServices/containers"),
                container => Assert.Equal("None", Text(container, "properties", "publicAccess")));
        }
    }

    [Fact]
    public async Task The_app_is_served_over_tls_1_2_and_published_to_with_tokens()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            var app = deployment.OfType("Microsoft.Web/sites").Single().GetProperty("properties");

            Assert.True(app.GetProperty("httpsOnly").GetBoolean());
            Assert.Equal("1.2", Text(app, "siteConfig", "minTlsVersion"));
            Assert.Equal("1.2", Text(app, "siteConfig", "scmMinTlsVersion"));
            Assert.Equal("Disabled", Text(app, "siteConfig", "ftpsState"));
            Assert.Equal("UserAssignedIdentity", Text(app, "functionAppConfig", "deployment", "storage", "authentication", "type"));
            var ways = deployment.OfType("Microsoft.Web/sites/basicPublishingCredentialsPolicies").ToList();
            Assert.Equal(["ftp", "scm"], ways.Select(way => Text(way, "name").Split('/')[1]).Order(StringComparer.Ordinal));
            Assert.All(ways, way => Assert.False(way.GetProperty("properties").GetProperty("allow").GetBoolean()));
        }
    }

    [Fact]
    public async Task Telemetry_is_taken_from_identities_only()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            Assert.True(deployment.OfType("Microsoft.Insights/components").Single().GetProperty("properties")
                .GetProperty("DisableLocalAuth").GetBoolean());
            Assert.True(deployment.OfType("Microsoft.OperationalInsights/workspaces").Single().GetProperty("properties")
                .GetProperty("features").GetProperty("disableLocalAuth").GetBoolean());
            Assert.EndsWith(
                ";Authorization=AAD", Format(deployment.AppSettings()["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"]), StringComparison.Ordinal);
        }

        // format('ClientId={0};Authorization=AAD', …): the text that is filled in.
        static string Format(string expression) => ArmExpression.Parse($"[{expression}]").Arguments[0].Text;
    }

    [Theory]
    [InlineData("main.bicep")]
    [InlineData("service.bicep")]
    public async Task No_key_is_asked_for_and_no_secret_told(string file)
    {
        var (_, compiled, _) = await BicepCompiler.BuildAsync(Path.Combine(Repository.Infra, file));
        using var template = JsonDocument.Parse(compiled);

        Assert.DoesNotContain("listKeys", compiled, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("listAccountSas", compiled, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("listServiceSas", compiled, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("AccountKey", compiled, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("SharedAccess", compiled, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("http://", compiled, StringComparison.OrdinalIgnoreCase);
        Assert.All(template.RootElement.GetProperty("outputs").EnumerateObject(), output =>
        {
            Assert.Equal("string", Text(output.Value, "type"));
            Assert.Matches("(?i)(name|url|location|group)$", output.Name);
            Assert.DoesNotMatch("(?i)connectionstring|instrumentation|secure|settings'", Text(output.Value, "value"));
        });
    }

    [Fact]
    public async Task With_a_private_network_storage_has_no_other_way_in()
    {
        var deployment = await Deployment.FullAsync();
        var accounts = deployment.OfType("Microsoft.Storage/storageAccounts").ToList();
        var reached = deployment.OfType("Microsoft.Network/privateEndpoints").Select(endpoint =>
        {
            var link = endpoint.GetProperty("properties").GetProperty("privateLinkServiceConnections").EnumerateArray().Single()
                .GetProperty("properties");
            return (Text(link, "privateLinkServiceId"), link.GetProperty("groupIds").EnumerateArray().Single().GetString());
        }).ToHashSet();

        Assert.All(accounts, account => Assert.Equal(
            ("Disabled", "Deny", "None"),
            (Text(account, "properties", "publicNetworkAccess"), Text(account, "properties", "networkAcls", "defaultAction"),
                Text(account, "properties", "networkAcls", "bypass"))));
        Assert.Equal(
            accounts.SelectMany(account => new[] { (Text(account, "id"), "blob"), (Text(account, "id"), "table") }).ToHashSet(), reached!);
        Assert.Equal(reached.Count, deployment.OfType("Microsoft.Network/privateEndpoints/privateDnsZoneGroups").Count());
        Assert.Equal(2, deployment.OfType("Microsoft.Network/privateDnsZones/virtualNetworkLinks").Count());
        Assert.EndsWith(
            "/subnets/functions", Text(deployment.OfType("Microsoft.Web/sites").Single(), "properties", "virtualNetworkSubnetId"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Zone_redundancy_is_of_storage_and_instances_alike()
    {
        var (plain, full) = (await Deployment.PlainAsync(), await Deployment.FullAsync());

        Assert.All(plain.OfType("Microsoft.Storage/storageAccounts"), account => Assert.Equal("Standard_LRS", Text(account, "sku", "name")));
        Assert.All(full.OfType("Microsoft.Storage/storageAccounts"), account => Assert.Equal("Standard_ZRS", Text(account, "sku", "name")));
        Assert.False(plain.OfType("Microsoft.Web/serverfarms").Single().GetProperty("properties").GetProperty("zoneRedundant").GetBoolean());
        Assert.True(full.OfType("Microsoft.Web/serverfarms").Single().GetProperty("properties").GetProperty("zoneRedundant").GetBoolean());
    }

    // Retention is the topics'. A rule by age would take segments away that a topic keeps, and the log ends where one is missing.
    [Fact]
    public async Task Nothing_but_the_service_deletes_blobs()
    {
        foreach (var deployment in await Deployment.AllAsync())
        {
            Assert.Empty(deployment.OfType("Microsoft.Storage/storageAccounts/managementPolicies"));
        }
    }

    [Fact]
    public async Task With_an_address_there_are_alerts_and_without_there_are_none()
    {
        static IEnumerable<string> Of(Deployment deployment) => deployment.Resources.Select(resource => Text(resource, "type"))
            .Where(type => type.StartsWith("Microsoft.Insights/", StringComparison.Ordinal) && type != "Microsoft.Insights/components")
            .Order(StringComparer.Ordinal);

        Assert.Empty(Of(await Deployment.PlainAsync()));
        Assert.Equal(
            [
                "Microsoft.Insights/actionGroups", "Microsoft.Insights/metricAlerts",
                "Microsoft.Insights/scheduledQueryRules", "Microsoft.Insights/scheduledQueryRules",
            ],
            Of(await Deployment.FullAsync()));
    }

    [Fact]
    public async Task The_platform_lets_pass_what_tells_by_other_means_who_asks()
    {
        var deployment = await Deployment.FullAsync();
        var rules = deployment.OfType("Microsoft.Web/sites/config").Single().GetProperty("properties");
        var open = rules.GetProperty("globalValidation").GetProperty("excludedPaths").EnumerateArray().Select(path => path.GetString());

        Assert.True(rules.GetProperty("globalValidation").GetProperty("requireAuthentication").GetBoolean());
        Assert.Equal("Return401", Text(rules, "globalValidation", "unauthenticatedClientAction"));
        Assert.True(rules.GetProperty("httpSettings").GetProperty("requireHttps").GetBoolean());

        // Else the app could not start the workers of its deliveries.
        Assert.Contains("/deliveries/workers", open);
        Assert.Empty((await Deployment.PlainAsync()).OfType("Microsoft.Web/sites/config"));
    }

    [Fact]
    public async Task Whoever_looks_at_a_bill_finds_the_environment_on_everything_that_can_be_tagged()
    {
        var untagged = (await Deployment.FullAsync()).Resources.Where(resource =>
            resource.TryGetProperty("location", out _) && !(resource.TryGetProperty("tags", out var tags) && tags.TryGetProperty("team", out _)));

        Assert.Empty(untagged.Select(resource => Text(resource, "id")));
    }

    private static string Text(JsonElement element, params string[] path) =>
        path.Aggregate(element, (at, name) => at.GetProperty(name)).GetString()!;

    [GeneratedRegex("/resourceGroups/the-group/providers/[A-Za-z.]+/[A-Za-z]+/([a-z-]+?)-?[a-z0-9]{13}$")]
    private static partial Regex ResourceName();
}
