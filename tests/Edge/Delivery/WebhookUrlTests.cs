using Serverless.Functions.Delivery.Webhooks;
using Xunit;

namespace Serverless.Edge.Delivery;

public sealed class WebhookUrlTests
{
    private static readonly WebhookSafety Production = new(AllowPrivate: false, []);

    private static readonly WebhookSafety Development = Production with { AllowPrivate = true };

    [Theory]
    [InlineData("https://example.com")]
    [InlineData("https://example.com./")]
    [InlineData("HTTPS://EXAMPLE.COM:443/a/b?c=d&e=%41")]
    [InlineData("https://example.com?c=%41")]
    [InlineData("https://example.com?to=a@example.org")]
    [InlineData("https://example.com/a@b")]
    [InlineData("https://example.com:8443/hook")]
    [InlineData("https://xn--e1awd7f.com/")]
    [InlineData("https://1.1.1.1/")]
    [InlineData("https://1.1.1.1./")]
    [InlineData("https://0x01010101/")]
    [InlineData("https://[2606:4700::1111]/")]
    [InlineData("https://local.example.com/")]
    public void An_https_address_that_may_be_public_is_fine(string url) => Assert.Null(WebhookUrl.Complaint(url, Production));

    [Theory]
    [InlineData("http://169.254.169.254/")]
    [InlineData("http://[::ffff:169.254.169.254]")]
    [InlineData("http://2130706433")]
    [InlineData("http://0x7f.1")]
    [InlineData("http://example.com/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("//example.com/")]
    [InlineData("gopher://example.com/")]
    [InlineData("ftp://example.com/")]
    [InlineData("wss://example.com/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("data:text/plain,a")]
    [InlineData("mailto:a@example.com")]
    public void Only_https_is(string url) => Assert.Equal("target.url must be an https URL.", WebhookUrl.Complaint(url, Production));

    [Theory]
    [InlineData("https://u:p@example.com")]
    [InlineData("https://u@example.com")]
    [InlineData("https://:@example.com")]
    [InlineData("https://@example.com")]
    [InlineData("https://example.com@169.254.169.254/")]
    public void A_user_or_a_password_is_refused(string url) =>
        Assert.Equal("target.url must not have a user or a password.", WebhookUrl.Complaint(url, Production));

    [Theory]
    [InlineData("https://example.com:22/")]
    [InlineData("https://example.com:25/")]
    [InlineData("https://example.com:80/")]
    [InlineData("https://example.com:0/")]
    [InlineData("https://1.1.1.1:6379/")]
    public void Another_port_is_refused(string url) =>
        Assert.Equal("target.url must have port 443 or 8443.", WebhookUrl.Complaint(url, Production));

    [Theory]
    [InlineData("https://example.com/a%0d%0ab")]
    [InlineData("https://example.com/?a=%00")]
    [InlineData("https://example.com/%7F")]
    [InlineData("https://example.com/%zz")]
    [InlineData("https://example.com/%4")]
    [InlineData("https://example.com/%")]
    public void Control_characters_are_refused_however_they_are_written(string url) => Assert.Equal(
        "target.url must not have control characters, nor a percent sign that encodes nothing.", WebhookUrl.Complaint(url, Production));

    [Theory]
    [InlineData("http://169.254.169.254/latest")]
    [InlineData("http://168.63.129.16/")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    [InlineData("http://0xa9fea9fe/")]
    public void What_a_cloud_answers_at_is_refused_in_development_too(string url) =>
        Assert.Equal("target.url must be a public address.", WebhookUrl.Complaint(url, Development));

    [Theory]
    [InlineData("https://example.com/#a")]
    [InlineData("https://example.com#")]
    public void A_fragment_is_refused(string url) =>
        Assert.Equal("target.url must not have a fragment.", WebhookUrl.Complaint(url, Production));

    [Theory]
    [InlineData("https://[2606:4700::1111%251]/")]
    [InlineData("https://[2606:4700::1111%1]/")]
    public void A_host_in_percent_encoding_is_refused(string url) =>
        Assert.Equal("target.url must name a host, without percent-encoding.", WebhookUrl.Complaint(url, Production));

    [Theory]
    [InlineData("")]
    [InlineData("example.com")]
    [InlineData("https:")]
    [InlineData("https:example.com")]
    [InlineData("https:/example.com")]
    [InlineData("https:///example.com")]
    [InlineData("https://")]
    [InlineData("https://:443/")]
    [InlineData("https://..")]
    [InlineData("https://a..example.com")]
    [InlineData("https://169.254.169.254..")]
    [InlineData("https://ex%61mple.com")]
    [InlineData("https://127.0.0.1%2f.example.com")]
    [InlineData("https://example.com:99999/")]
    [InlineData("https://example.com:443:443/")]
    [InlineData("https:\\\\example.com\\a")]
    [InlineData("https://example.com\\@127.0.0.1/")]
    [InlineData("https://example.com/a\r\nX-Injected: 1")]
    [InlineData("https://example.com/a\tb")]
    [InlineData("https://example.com/a\0b")]
    [InlineData(" https://example.com/")]
    [InlineData("https://example.com/ ")]
    [InlineData("https://ex\u0430mple.com/")]
    [InlineData("https://example\u3002com/")]
    [InlineData("https://①②⑦.0.0.1/")]
    [InlineData("https://exam\u200Bple.com/")]
    [InlineData("https://example.com/\u007F")]
    public void What_is_no_plain_URL_is_refused(string url) => Assert.Equal(
        "target.url must be an absolute URL of at most 2048 ASCII characters; other names are written in Punycode.",
        WebhookUrl.Complaint(url, Production));

    [Fact]
    public void The_longest_URL_has_2048_characters()
    {
        var longest = "https://example.com/".PadRight(2048, 'a');

        Assert.Null(WebhookUrl.Complaint(longest, Production));
        Assert.Contains("at most 2048", WebhookUrl.Complaint(longest + "a", Production)!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://example.com/a|b")]
    [InlineData("https://EXAMPLE.com.:443?a={b}")]
    [InlineData("https://[2606:4700:0:0::1111]./a/../b")]
    public void What_is_fine_is_so_in_the_form_that_is_stored(string url)
    {
        Assert.Null(WebhookUrl.Complaint(url, Production));
        Assert.Null(WebhookUrl.Complaint(new Uri(url).AbsoluteUri, Production));
        Assert.NotNull(WebhookUrl.Complaint($"{url}{new string('|', 1000)}", Production));
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080", null)]
    [InlineData("http://localhost:5000/hook", null)]
    [InlineData("http://receiver:80/hook", null)]
    [InlineData("https://10.0.0.1:22/", null)]
    [InlineData("file:///etc/passwd", "https URL")]
    [InlineData("ftp://127.0.0.1/", "https URL")]
    [InlineData("http://u:p@127.0.0.1/", "a user")]
    [InlineData("http://127.0.0.1/#a", "a fragment")]
    [InlineData("http://127.0.0.1/a\r\nb", "ASCII")]
    public void In_development_http_and_private_addresses_are_fine_and_nothing_else(string url, string? complaint)
    {
        if (complaint is null)
        {
            Assert.Null(WebhookUrl.Complaint(url, Development));
        }
        else
        {
            Assert.Contains(complaint, WebhookUrl.Complaint(url, Development), StringComparison.Ordinal);
        }
    }
}
