using Serverless.Functions.Delivery.Webhooks;
using Xunit;

namespace Serverless.Edge.Delivery;

public sealed class WebhookHostTests
{
    private static readonly WebhookSafety Production = new(
        AllowPrivate: false, ["app.azurewebsites.net", "account.blob.core.windows.net", "127.0.0.1", "20.30.40.50"]);

    [Theory]
    [InlineData("https://169.254.169.254/")]
    [InlineData("https://169.254.169.254./")]
    [InlineData("https://[::ffff:169.254.169.254]")]
    [InlineData("https://[::ffff:1.1.1.1]")]
    [InlineData("https://2130706434")]
    [InlineData("https://2130706434.")]
    [InlineData("https://0x7f.2")]
    [InlineData("https://0x7f000002.")]
    [InlineData("https://017700000002")]
    [InlineData("https://0300.0250.1.1/")]
    [InlineData("https://127.2")]
    [InlineData("https://10.1:8443")]
    [InlineData("https://0/")]
    [InlineData("https://[::1]")]
    [InlineData("https://[::1]./")]
    [InlineData("https://[::127.0.0.1]")]
    [InlineData("https://[0:0:0:0:0:0:0:1]:8443/")]
    [InlineData("https://[fd00::1]")]
    [InlineData("https://[fe80::1]")]
    [InlineData("https://[64:ff9b::a9fe:a9fe]")]
    [InlineData("https://[2002:a9fe:a9fe::]")]
    public void However_it_is_written_an_address_must_be_a_public_one(string url) =>
        Assert.Equal("target.url must be a public address.", WebhookUrl.Complaint(url, Production));

    [Theory]
    [InlineData("https://localhost")]
    [InlineData("https://localhost.")]
    [InlineData("https://LOCALHOST:8443/")]
    [InlineData("https://a.localhost/")]
    [InlineData("https://a.localhost./")]
    [InlineData("https://printer.local/")]
    [InlineData("https://metadata.google.internal/")]
    [InlineData("https://nas.home.arpa/")]
    [InlineData("https://intranet/")]
    [InlineData("https://4294967296/")]
    public void A_name_must_be_one_that_the_public_has(string url) =>
        Assert.Equal("target.url must be a public name.", WebhookUrl.Complaint(url, Production));

    [Theory]
    [InlineData("https://app.azurewebsites.net/delivery")]
    [InlineData("https://APP.azurewebsites.net.:443/")]
    [InlineData("https://account.blob.core.windows.net:8443/c/b")]
    [InlineData("https://127.0.0.1/")]
    [InlineData("https://2130706433")]
    [InlineData("https://017700000001")]
    [InlineData("https://20.30.40.50")]
    [InlineData("https://20.30.40.50.")]
    [InlineData("https://0x141e2832.")]
    public void This_service_and_what_it_lives_on_are_refused(string url) =>
        Assert.Equal("target.url must not be this service, nor its storage or its identity.", WebhookUrl.Complaint(url, Production));
}
