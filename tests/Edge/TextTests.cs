using System.Text;
using Serverless.Functions.Http;
using Xunit;

namespace Serverless.Edge;

/// <summary>Base64, integers, times and names: one spelling each.</summary>
public sealed class TextTests
{
    [Fact]
    public void Base64_decodes_with_and_without_padding()
    {
        for (var length = 0; length < 64; length++)
        {
            var bytes = Enumerable.Range(0, length).Select(i => (byte)((i * 37) + length)).ToArray();
            var padded = Convert.ToBase64String(bytes);

            Assert.Equal(bytes, Decoded(padded));
            Assert.Equal(bytes, Decoded(padded.TrimEnd('=')));
        }
    }

    [Theory]
    [InlineData("a")]
    [InlineData("abcde")]
    [InlineData("a===")]
    [InlineData("ab=")]
    [InlineData("=")]
    [InlineData("====")]
    [InlineData("ab==ab==")]
    [InlineData("-_-_")]
    [InlineData("ab\ncd")]
    [InlineData(" abcd")]
    [InlineData("abcd ")]
    [InlineData("é===")]
    public void What_is_not_base64_is_refused(string text)
    {
        Assert.Null(Decoded(text));
    }

    [Theory]
    [InlineData("0", 0L)]
    [InlineData("-1", -1L)]
    [InlineData("9007199254740993", 9007199254740993L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void Integers_are_exact(string text, long value)
    {
        Assert.True(Integers.TryParse(text, out var read));
        Assert.Equal(value, read);
        Assert.True(Integers.TryParse(Encoding.UTF8.GetBytes(text), out read));
        Assert.Equal(value, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+1")]
    [InlineData("01")]
    [InlineData("-01")]
    [InlineData("1 ")]
    [InlineData(" 1")]
    [InlineData("1.0")]
    [InlineData("1e3")]
    [InlineData("0x1")]
    [InlineData("NaN")]
    [InlineData("٣")]
    [InlineData("1,000")]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("100000000000000000000000000")]
    public void Integers_have_one_spelling(string text)
    {
        Assert.False(Integers.TryParse(text, out _));
        Assert.False(Integers.TryParse(Encoding.UTF8.GetBytes(text), out _));
    }

    [Theory]
    [InlineData("2024-01-01T00:00:00Z", 1704067200000L)]
    [InlineData("2024-01-01T02:00:00.5+02:00", 1704067200500L)]
    [InlineData("2024-01-01T00:00:00.123456789Z", 1704067200123L)]
    [InlineData("1970-01-01T00:00:00Z", 0L)]
    [InlineData("9999-12-31T23:59:59.999Z", Timestamps.MillisecondsMax)]
    public void Times_are_read_to_the_millisecond(string text, long milliseconds)
    {
        Assert.True(Timestamps.TryParse(text, out var read));
        Assert.Equal(milliseconds, read);
    }

    [Theory]
    [InlineData("2024-01-01")]
    [InlineData("2024-01-01T00:00:00")]
    [InlineData("2024-01-01 00:00:00Z")]
    [InlineData("1969-12-31T23:59:59Z")]
    [InlineData("2024-13-01T00:00:00Z")]
    [InlineData("2024-01-01T00:00:00.Z")]
    [InlineData("2024-01-01T00:00:00.1234567890Z")]
    [InlineData("10000-01-01T00:00:00Z")]
    [InlineData("")]
    [InlineData("now")]
    public void Other_times_are_refused(string text)
    {
        Assert.False(Timestamps.TryParse(text, out _));
    }

    public static TheoryData<string> BadNames =>
    [
        "", " ", ".", "..", "../x", "a/b", "a%2Fb", "a%2fb", "a\\b", "a\0b", "a\r\nX:1", "\u202Ea", "\uD800", "a\uDC00", "\u2028",
        "\u200B", new string('a', 256),
    ];

    [Theory]
    [MemberData(nameof(BadNames))]
    public void Groups_and_instances_that_no_path_could_name_are_refused(string name)
    {
        var refused = Assert.Throws<RequestException>(() => RequestNames.Group(name));

        Assert.Equal((422, 42204), (refused.Problem.Status, refused.Problem.Code));
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("é")]
    [InlineData("e\u0301")]
    [InlineData("😀")]
    [InlineData("a#b?c")]
    [InlineData("x' or PartitionKey ne '")]
    [InlineData("$logs")]
    [InlineData("CON")]
    [InlineData("offsets")]
    [InlineData("100%")]
    public void Other_names_stay_as_they_are(string name)
    {
        Assert.Same(name, RequestNames.Group(name));
        Assert.Same(name, RequestNames.Instance(name));
    }

    [Theory]
    [InlineData("orders", true)]
    [InlineData("A.b_c-9", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("a b", false)]
    [InlineData("é", false)]
    [InlineData("a%2Fb", false)]
    [InlineData("x' or PartitionKey ne '", false)]
    public void Topics_follow_Kafkas_rule(string name, bool could)
    {
        Assert.Equal(could, RequestNames.CouldBeTopic(name));
        Assert.True(RequestNames.CouldBeTopic(new string('a', 249)));
        Assert.False(RequestNames.CouldBeTopic(new string('a', 250)));
    }

    private static byte[]? Decoded(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return Base64Text.TryDecodeInPlace(bytes, out var length) ? bytes[..length] : null;
    }
}
