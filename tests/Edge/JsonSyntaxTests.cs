using System.Text;
using Serverless.Functions.Http;
using Xunit;

namespace Serverless.Edge;

public sealed class JsonSyntaxTests
{
    public static TheoryData<string> Broken =>
    [
        "", "  ", "{", "{\"a\":}", "{}x", "{} {}", "[1,]", "{\"a\":1,}", "{'a':1}", "{a:1}", "// c\n{}", "{/**/}", "[01]", "[+1]", "[.5]",
        "[1.]", "[NaN]", "[Infinity]", "[0x1]", "[\"\\x\"]", "[\"\\u12\"]", "[\"\u0001\"]", "[\"\0\"]", "[\"\t\"]", "\uFEFF{}", "tru",
        "[\"\\ud800\"]", "[\"\\udc00\"]", "[\"\\ud800\\n\"]", "[\"\\udc00\\ud800\"]", "{\"\\ud800\":1}", "[\"\\ud83d\\ud83d\\ude00\"]",
    ];

    [Theory]
    [MemberData(nameof(Broken))]
    public void What_is_not_JSON_is_refused(string text)
    {
        Assert.NotNull(JsonSyntax.Complaint(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_refused()
    {
        byte[][] texts =
        [
            [(byte)'"', 0xC0, 0xAF, (byte)'"'], [(byte)'"', 0xED, 0xA0, 0x80, (byte)'"'], [(byte)'"', 0xFF, (byte)'"'],
            [0xFF, 0xFE, (byte)'{', 0, (byte)'}', 0], [(byte)'{', 0, (byte)'}', 0],
        ];

        Assert.All(texts, text => Assert.NotNull(JsonSyntax.Complaint(text)));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData(" [1e400, 9007199254740993, -0.10E-5] \r\n")]
    [InlineData("[\"\\ud83d\\ude00 \\u0000 \\/ \\\\ud800\"]")]
    [InlineData("{\"a\":1,\"a\":2}")]
    public void What_is_JSON_is_taken(string text)
    {
        Assert.Null(JsonSyntax.Complaint(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void Nesting_ends_at_its_bound()
    {
        static byte[] Nested(int depth) => Encoding.UTF8.GetBytes(new string('[', depth) + new string(']', depth));

        Assert.Null(JsonSyntax.Complaint(Nested(JsonSyntax.DepthMax)));
        Assert.NotNull(JsonSyntax.Complaint(Nested(JsonSyntax.DepthMax + 1)));
        Assert.NotNull(JsonSyntax.Complaint(Nested(10_000)));
    }

    [Theory]
    [InlineData("{ \"a\" : [ 1 , 2.50 ] }", "{\"a\":[1,2.50]}")]
    [InlineData("[\" a \\\" b \", \"\\\\\" ]", "[\" a \\\" b \",\"\\\\\"]")]
    [InlineData("9007199254740993", "9007199254740993")]
    [InlineData("\n\t1.10\r", "1.10")]
    [InlineData("\"\\u0041\\/\"", "\"\\u0041\\/\"")]
    public void Compact_JSON_keeps_every_byte_but_white_space_between_tokens(string text, string compact)
    {
        var bytes = Encoding.UTF8.GetBytes(text);

        var length = JsonSyntax.Compact(bytes);

        Assert.Equal(compact, Encoding.UTF8.GetString(bytes, 0, length));
    }
}
