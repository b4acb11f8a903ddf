using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Serverless.Edge.Fakes;
using Serverless.Functions.Http;
using Xunit;
using Xunit.Sdk;

namespace Serverless.Edge.OpenApi;

/// <summary>A difference between the document and the service is found, and told in words that lead to it.</summary>
public sealed class ApiCheckTests
{
    private const string Offsets = "topics/{topic}/partitions/{partition}/offsets";
    private const string Seek = "consumers/{group}/instances/{instance}/positions";
    private const string Good = """{"beginning_offset":0,"end_offset":5}""";

    [Theory]
    [InlineData(200, MediaType.V2, Good, null)]
    [InlineData(200, MediaType.PlainJson, Good, null)]
    [InlineData(200, MediaType.V2, """{"beginning_offset":0,"end_offset":5,"extra":1}""", "'/extra'")]
    [InlineData(200, MediaType.V2, """{"beginning_offset":0}""", "end_offset")]
    [InlineData(200, MediaType.V2, """{"beginning_offset":"0","end_offset":5}""", "'/beginning_offset'")]
    [InlineData(200, MediaType.V2, "", "not as the schema")]
    [InlineData(200, MediaType.Json, Good, "type application/vnd.kafka.json.v2+json is not listed")]
    [InlineData(200, null, Good, "type (none) is not listed")]
    [InlineData(202, MediaType.V2, Good, "status is not listed")]
    [InlineData(404, MediaType.V2, """{"error_code":40402,"message":"m"}""", null)]
    [InlineData(404, MediaType.V2, """{"error_code":40403,"message":"m"}""", "error_code 40403 is not told of")]
    [InlineData(404, MediaType.V2, """{"error_code":40499,"message":"m"}""", "'/error_code'")]
    [InlineData(404, MediaType.V2, """{"error_code":40402}""", "message")]
    public void A_reply_is_held_against_what_is_listed(int status, string? type, string body, string? complaint)
    {
        Check(complaint, "GET", Offsets, "/topics/t/partitions/0/offsets", new() { ["topic"] = "t", ["partition"] = "0" }, null, status, type, body);
    }

    [Theory]
    [InlineData("0", "", null)]
    [InlineData("x", "", "path parameter partition")]
    [InlineData("0", "?isolation_level=read_committed", null)]
    [InlineData("0", "?isolation_level=any", "query parameter isolation_level is not as its schema")]
    [InlineData("0", "?limit=1", "query parameter limit is not listed")]
    public void Parameters_of_what_was_served_are_listed(string partition, string query, string? complaint)
    {
        var path = new RouteValueDictionary { ["topic"] = "t", ["partition"] = partition };
        Check(complaint, "GET", Offsets, $"/topics/t/partitions/0/offsets{query}", path, null, 200, MediaType.V2, Good);
    }

    [Theory]
    [InlineData("""{"offsets":[{"topic":"t","partition":0,"offset":1}]}""", null)]
    [InlineData("""{"offsets":[{"topic":"t","partition":0,"offset":1,"extra":1}]}""", "request's body")]
    [InlineData("", "a body is required")]
    public void A_body_that_was_taken_is_described(string body, string? complaint)
    {
        var path = new RouteValueDictionary { ["group"] = "g", ["instance"] = "i" };
        Check(complaint, "POST", Seek, "/consumers/g/instances/i/positions", path, body, 204, null, "");
    }

    [Fact]
    public void A_header_that_nobody_described_is_found()
    {
        var path = new RouteValueDictionary { ["topic"] = "t", ["partition"] = "0" };
        Check("header Kafka-More is not listed", "GET", Offsets, "/topics/t/partitions/0/offsets", path, null, 200, MediaType.V2, Good, ("Kafka-More", "true"));
    }

    [Fact]
    public void A_route_that_nobody_described_is_found()
    {
        Check("has no GET /nowhere", "GET", "nowhere", "/nowhere", [], null, 200, MediaType.V2, Good);
    }

    private static void Check(
        string? complaint, string method, string template, string url, RouteValueDictionary path, string? sent, int status, string? type,
        string body, params (string Name, string Value)[] headers)
    {
        var request = new DefaultHttpContext().Request;
        var question = url.IndexOf('?', StringComparison.Ordinal);
        (request.Method, request.ContentType) = (method, MediaType.V2);
        request.QueryString = question < 0 ? default : new QueryString(url[question..]);
        var got = new HeaderDictionary { [HttpEdge.CorrelationHeader] = "1" };
        foreach (var (name, value) in headers)
        {
            got[name] = value;
        }

        var fault = Record.Exception(() => ApiCheck.Verify(
            template, request, path, sent is null ? null : Encoding.UTF8.GetBytes(sent), new Answer(status, type, body, got)));

        if (complaint is null)
        {
            Assert.Null(fault);
        }
        else
        {
            Assert.Contains(complaint, Assert.IsType<XunitException>(fault).Message, StringComparison.Ordinal);
        }
    }
}
