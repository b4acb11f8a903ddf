using Microsoft.AspNetCore.Http;
using Serverless.Core.Groups;
using Serverless.Functions.Http;
using Xunit;

namespace Serverless.Edge;

public sealed class MediaTypeTests
{
    [Theory]
    [InlineData(null, MediaType.V2)]
    [InlineData("", MediaType.V2)]
    [InlineData("*/*", MediaType.V2)]
    [InlineData("application/*", MediaType.V2)]
    [InlineData("application/vnd.kafka.v2+json", MediaType.V2)]
    [InlineData("APPLICATION/VND.KAFKA.V2+JSON; q=0.5", MediaType.V2)]
    [InlineData("application/vnd.kafka+json", MediaType.V2)]
    [InlineData("application/vnd.kafka.json.v2+json", MediaType.V2)]
    [InlineData("application/json", MediaType.PlainJson)]
    [InlineData("application/json, */*;q=0.1", MediaType.PlainJson)]
    [InlineData("application/json;q=0.5, */*", MediaType.V2)]
    [InlineData("application/json, application/vnd.kafka.v2+json;q=0.1", MediaType.V2)]
    [InlineData("application/vnd.kafka.v2+json;q=0, */*", MediaType.PlainJson)]
    [InlineData("image/png, application/json;q=0.2", MediaType.PlainJson)]
    [InlineData("image/png", null)]
    [InlineData("*/*;q=0", null)]
    [InlineData("application/vnd.kafka.v2+json;q=0", null)]
    [InlineData("%%%", MediaType.V2)]
    [InlineData("application/json;q=2", MediaType.V2)]
    [InlineData("application/json;q=2, application/json", MediaType.PlainJson)]
    [InlineData("application/json;charset=utf-7", null)]
    public void A_v2_reply_has_the_type_that_is_accepted_best(string? accept, string? type)
    {
        Assert.Equal(type, Accepting(accept).V2());
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("application/json;q=0.001", true)]
    [InlineData("application/*", true)]
    [InlineData("application/vnd.kafka.v2+json", false)]
    [InlineData("text/*", false)]
    public void A_v3_reply_is_plain_JSON_or_406(string? accept, bool acceptable)
    {
        Assert.Equal(acceptable, Accepting(accept).V3() is not null);
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData("*/*", 0)]
    [InlineData("application/json", 0)]
    [InlineData("application/vnd.kafka.v2+json", 0)]
    [InlineData("application/vnd.kafka.json.v2+json", 0)]
    [InlineData("application/vnd.kafka.binary.v2+json, application/vnd.kafka.json.v2+json;q=0.1", 0)]
    [InlineData("application/vnd.kafka.binary.v2+json", 40601)]
    [InlineData("application/vnd.kafka.json.v2+json;q=0, application/vnd.kafka.binary.v2+json", 40601)]
    public void Records_come_in_the_consumers_own_format_or_not_at_all(string? accept, int errorCode)
    {
        var accepting = Accepting(accept);

        if (errorCode == 0)
        {
            Assert.Equal(MediaType.Json, accepting.Records(RecordFormat.Json));
        }
        else
        {
            var refused = Assert.Throws<RequestException>(() => accepting.Records(RecordFormat.Json));
            Assert.Equal(errorCode, refused.Problem.Code);
        }
    }

    [Theory]
    [InlineData("application/json;charset=UTF-8", true)]
    [InlineData("application/json; charset=\"utf-8\"", true)]
    [InlineData("application/json;charset=utf-16", false)]
    [InlineData("json", false)]
    [InlineData("application/json, text/plain", false)]
    [InlineData("a/b/c", false)]
    public void A_content_type_is_read_whole_or_refused(string value, bool fine)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.ContentType = value;

        if (fine)
        {
            Assert.Equal(MediaType.PlainJson, MediaType.OfRequest(request)!.Value.Name);
        }
        else
        {
            Assert.Equal(415, Assert.Throws<RequestException>(() => MediaType.OfRequest(request)).Problem.Status);
        }
    }

    [Fact]
    public void Without_a_content_type_there_is_none()
    {
        Assert.Null(MediaType.OfRequest(new DefaultHttpContext().Request));
    }

    private static Accept Accepting(string? accept)
    {
        var request = new DefaultHttpContext().Request;
        if (accept is not null)
        {
            request.Headers.Accept = accept;
        }

        return Accept.Of(request);
    }
}
