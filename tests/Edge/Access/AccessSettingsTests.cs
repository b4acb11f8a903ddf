using Microsoft.Extensions.Configuration;
using Serverless.Functions;
using Serverless.Functions.Access;
using Xunit;

namespace Serverless.Edge.Access;

public sealed class AccessSettingsTests
{
    private const string Emulator = "UseDevelopmentStorage=true";
    private const string Loopback =
        "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:1/a;TableEndpoint=http://localhost:2/a";
    private const string Azure = "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=a2V5;EndpointSuffix=core.windows.net";
    private const string Key = "sixteen-letters!";
    private const string Tenant = "8A0C5F0E-7d0b-4a3a-9d54-2f6f8f0f3a11";

    [Theory]
    [InlineData(Emulator, "", AccessMode.Open)]
    [InlineData(Loopback, "", AccessMode.Open)]
    [InlineData(Emulator, "Mode=open;Keys:a=" + Key, AccessMode.Open)]
    [InlineData(Azure, "Mode=OPEN", AccessMode.Open)]
    [InlineData(Emulator, "Keys:a=" + Key, AccessMode.Required)]
    [InlineData(Emulator, "Mode=Required;Keys:a=" + Key, AccessMode.Required)]
    [InlineData(Emulator, "PlatformAuthentication=true", AccessMode.Required)]
    [InlineData(Azure, "Keys:a=" + Key, AccessMode.Required)]
    [InlineData(Azure, "TenantId=" + Tenant + ";Audience=api://log", AccessMode.Required)]
    [InlineData(Azure, "Authority=https://issuer.test/realm;Audience=a,b", AccessMode.Required)]
    [InlineData(Emulator, "Authority=http://127.0.0.1:8080;Audience=a", AccessMode.Required)]
    public void It_is_open_in_development_alone_unless_it_is_told_to_be(string storage, string settings, AccessMode mode)
    {
        Assert.Equal(mode, From(storage, settings).Mode);
    }

    [Theory]
    [InlineData(Azure, "", "Access__Mode")]
    [InlineData(Azure, "Mode=", "Access__Mode")]
    [InlineData(Emulator, "Mode=required", "Access__Mode")]
    [InlineData("BlobEndpoint=http://127.0.0.1:1/a;TableEndpoint=https://a.table.core.windows.net;AccountName=a;AccountKey=a2V5", "", "Access__Mode")]
    [InlineData("UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://storage.test", "", "Access__Mode")]
    [InlineData(Emulator, "Mode=closed", "Access__Mode")]
    [InlineData(Emulator, "Keys:a=too-short", "Access__Keys__a")]
    [InlineData(Emulator, "Keys:a=with a blank in it", "Access__Keys__a")]
    [InlineData(Emulator, "Keys:a=sixteen-lettersé", "Access__Keys__a")]
    [InlineData(Emulator, "Keys:a b=" + Key, "Access__Keys__a b")]
    [InlineData(Emulator, "Keys:a:b=" + Key, "Access__Keys__a")]
    [InlineData(Emulator, "Keys:a=" + Key + ";Keys:b=" + Key, "Access__Keys__b")]
    [InlineData(Emulator, "PlatformAuthentication=yes", "Access__PlatformAuthentication")]
    [InlineData(Emulator, "CacheMs=60001", "Access__CacheMs")]
    [InlineData(Emulator, "CacheMs=-1", "Access__CacheMs")]
    [InlineData(Emulator, "SuperUsers=ann", "Access__SuperUsers")]
    [InlineData(Emulator, "SuperUsers=User:*", "Access__SuperUsers")]
    [InlineData(Emulator, "SuperUsers=Role:*", "Access__SuperUsers")]
    [InlineData(Emulator, "SuperUsers=User:", "Access__SuperUsers")]
    [InlineData(Emulator, "SuperUsers=Key:nobody;Keys:a=" + Key, "Access__SuperUsers")]
    [InlineData(Azure, "TenantId=" + Tenant, "Access__Audience")]
    [InlineData(Azure, "TenantId=common;Audience=a", "Access__TenantId")]
    [InlineData(Azure, "Audience=a", "Access__Audience")]
    [InlineData(Azure, "TenantId=" + Tenant + ";Authority=https://issuer.test;Audience=a", "Access__TenantId")]
    [InlineData(Azure, "Authority=http://issuer.test;Audience=a", "Access__Authority")]
    [InlineData(Azure, "Authority=https://issuer.test?x=1;Audience=a", "Access__Authority")]
    [InlineData(Azure, "Authority=issuer.test;Audience=a", "Access__Authority")]
    public void What_cannot_work_stops_the_start_and_names_the_setting(string storage, string settings, string setting)
    {
        var refused = Assert.Throws<SettingException>(() => From(storage, settings));

        Assert.Contains(setting, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sixteen", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_is_read()
    {
        var settings = From(Azure, $"TenantId={Tenant};Audience=api://log, guid;Keys:a={Key};SuperUsers=User:ann| Role:admin|Key:a;CacheMs=1000");

        Assert.Equal($"https://login.microsoftonline.com/{Tenant.ToLowerInvariant()}/v2.0", settings.Issuer!.Authority);
        Assert.Equal(["api://log", "guid"], settings.Issuer.Audiences);
        Assert.Equal(["User:ann", "Role:admin", "Key:a"], settings.SuperUsers);
        Assert.Equal(TimeSpan.FromSeconds(1), settings.AclAgeMax);
        Assert.Equal(Key, settings.Keys["a"]);
        Assert.DoesNotContain("sixteen", settings.ToString(), StringComparison.Ordinal);
    }

    // A bar is a semicolon within a value.
    private static AccessSettings From(string storage, string settings)
    {
        var values = settings.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2))
            .ToDictionary(pair => $"Access:{pair[0]}", pair => (string?)pair[1].Replace('|', ';'));
        values[StorageSettings.LogStorage] = storage;
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        return AccessSettings.From(configuration, StorageSettings.From(configuration));
    }
}
