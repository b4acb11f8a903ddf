using Microsoft.Extensions.Configuration;
using Serverless.Functions;
using Serverless.Functions.Delivery;
using Xunit;

namespace Serverless.Edge.Delivery;

public sealed class SelfAddressTests
{
    private const string HostName = "WEBSITE_HOSTNAME";

    [Theory]
    [InlineData("app.azurewebsites.net", "https://app.azurewebsites.net/")]
    [InlineData("app-a1b2c3.westeurope-01.azurewebsites.net", "https://app-a1b2c3.westeurope-01.azurewebsites.net/")]
    [InlineData("app-staging.azurewebsites.net:443", "https://app-staging.azurewebsites.net/")]
    [InlineData("localhost", "http://localhost/")]
    [InlineData("localhost:7071", "http://localhost:7071/")]
    [InlineData("LOCALHOST:7071", "http://localhost:7071/")]
    [InlineData("127.0.0.1:7071", "http://127.0.0.1:7071/")]
    [InlineData("[::1]:7071", "http://[::1]:7071/")]
    [InlineData("localhost-shop.azurewebsites.net", "https://localhost-shop.azurewebsites.net/")]
    [InlineData("localhost.example.com:8443", "https://localhost.example.com:8443/")]
    [InlineData("127.0.0.1.example.com", "https://127.0.0.1.example.com/")]
    public void The_platform_s_name_is_reached_by_https_unless_it_is_this_machine(string host, string url) =>
        Assert.Equal(url, From((HostName, host)).Url?.AbsoluteUri);

    [Theory]
    [InlineData("a b")]
    [InlineData("https://app.azurewebsites.net")]
    [InlineData("app:port")]
    [InlineData("user@app.azurewebsites.net")]
    [InlineData("app.azurewebsites.net/path")]
    public void A_name_that_is_none_is_a_setting_that_is_wrong(string host)
    {
        var failure = Assert.Throws<SettingException>(() => From((HostName, host)));

        Assert.Contains(HostName, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://api.example.com", "https://api.example.com/")]
    [InlineData("https://api.example.com/", "https://api.example.com/")]
    [InlineData("https://api.example.com:8443/log/api", "https://api.example.com:8443/log/api/")]
    [InlineData("http://10.0.0.5:8080//", "http://10.0.0.5:8080/")]
    public void The_setting_counts_more_and_may_have_a_path(string setting, string url) =>
        Assert.Equal(url, From((SelfAddress.Setting, setting), (HostName, "app.azurewebsites.net")).Url?.AbsoluteUri);

    [Theory]
    [InlineData("api.example.com")]
    [InlineData("/api")]
    [InlineData("ftp://api.example.com")]
    [InlineData("file:///api")]
    [InlineData("https://")]
    [InlineData("https://api.example.com?code=1")]
    [InlineData("https://api.example.com/#a")]
    [InlineData("https://user:password@api.example.com")]
    public void A_setting_that_is_no_address_to_call_is_named_without_what_is_in_it(string setting)
    {
        var failure = Assert.Throws<SettingException>(() => From((SelfAddress.Setting, setting)));

        Assert.Equal("Delivery__BaseUrl must be an http or https address, without user, query and fragment.", failure.Message);
    }

    [Fact]
    public void The_host_that_listens_is_believed_where_nothing_is_set_and_once()
    {
        var unset = From((HostName, ""));
        var set = From((HostName, "app.azurewebsites.net"));

        Assert.Null(unset.Url);
        foreach (var url in new Uri[] { new("http://127.0.0.1:5000/"), new("http://127.0.0.1:6000/") })
        {
            unset.Tell(url);
            set.Tell(url);
        }

        Assert.Equal("http://127.0.0.1:5000/", unset.Url?.AbsoluteUri);
        Assert.Equal("https://app.azurewebsites.net/", set.Url?.AbsoluteUri);
    }

    private static SelfAddress From(params (string Name, string Value)[] settings) => SelfAddress.From(new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(set => KeyValuePair.Create(set.Name, (string?)set.Value))).Build());
}
