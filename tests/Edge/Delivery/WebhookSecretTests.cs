using Serverless.Functions.Delivery.Webhooks;
using Xunit;

namespace Serverless.Edge.Delivery;

public sealed class WebhookSecretTests
{
    [Theory]
    [InlineData(24)]
    [InlineData(32)]
    [InlineData(64)]
    public void The_secret_is_the_bytes_behind_the_prefix(int length)
    {
        var bytes = Bytes(length);

        Assert.Equal(bytes, WebhookSecret.Parse("whsec_" + Convert.ToBase64String(bytes)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(23)]
    [InlineData(65)]
    [InlineData(1000)]
    public void Fewer_than_24_bytes_or_more_than_64_are_refused(int length) =>
        Assert.Null(WebhookSecret.Parse("whsec_" + Convert.ToBase64String(Bytes(length))));

    [Theory]
    [InlineData("")]
    [InlineData("whsec_")]
    [InlineData("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz")]
    [InlineData("WHSEC_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz")]
    [InlineData("whsec-MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz")]
    [InlineData(" whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz")]
    [InlineData("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU")]
    [InlineData("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU==")]
    [InlineData("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI-")]
    [InlineData("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI*")]
    public void What_is_not_the_prefix_and_base64_is_refused(string text) => Assert.Null(WebhookSecret.Parse(text));

    [Theory]
    [InlineData("whsec_MDEyMzQ1Njc4OTAx\nMjM0NTY3ODkwMTIz")]
    [InlineData("whsec_ MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz")]
    [InlineData("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz\r\n")]
    public void White_space_is_refused_as_others_would_read_another_secret(string text) => Assert.Null(WebhookSecret.Parse(text));

    [Fact]
    public void The_complaint_says_what_a_secret_is() =>
        Assert.Equal("target.secret must be whsec_ and base64 of 24 to 64 bytes.", WebhookSecret.Complaint);

    private static byte[] Bytes(int length) => [.. Enumerable.Range(0, length).Select(n => (byte)n)];
}
