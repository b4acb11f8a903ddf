using System.Text;
using Serverless.Functions.Http;
using Xunit;
using Xunit.Sdk;

namespace Serverless.Edge.OpenApi;

/// <summary>A difference between the document and the service is found, and told in words that lead to it.</summary>
public sealed class ApiCheckTests
{
    private const string Offsets = "/topics/t/partitions/0/offsets";
    private const string Seek = "/consumers/g/instances/i/positions";
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
        Check(complaint, "GET", Offsets, null, status, type, body);
    }

    [Theory]
    [InlineData("0", "", null)]
    [InlineData("x", "", "path parameter partition")]
    [InlineData("0", "?isolation_level=read_committed", null)]
    [InlineData("0", "?isolation_level=any", "query parameter isolation_level is not as its schema")]
    [InlineData("0", "?limit=1", "query parameter limit is not listed")]
    public void Parameters_of_what_was_served_are_listed(string partition, string query, string? complaint)
    {
        Check(complaint, "GET", $"/topics/t/partitions/{partition}/offsets{query}", null, 200, MediaType.V2, Good);
    }

    [Theory]
    [InlineData("""{"offsets":[{"topic":"t","partition":0,"offset":1}]}""", null)]
    [InlineData("""{"offsets":[{"topic":"t","partition":0,"offset":1,"extra":1}]}""", "request's body")]
    [InlineData("", "a body is required")]
    public void A_body_that_was_taken_is_described(string body, string? complaint)
    {
        Check(complaint, "POST", Seek, body, 204, null, "");
    }

    [Fact]
    public void A_header_that_nobody_described_is_found_and_so_is_one_that_is_missing()
    {
        Check("header Kafka-More is not listed", "GET", Offsets, null, 200, MediaType.V2, Good, HttpEdge.CorrelationHeader, "Kafka-More");
        Check("header X-Correlation-Id is missing", "GET", Offsets, null, 200, MediaType.V2, Good, "Content-Type");
    }

    [Fact]
    public void A_path_or_a_method_that_nobody_described_is_no_operation()
    {
        Assert.Null(ApiCheck.Verify(Exchange("GET", "/nowhere", null, 200, MediaType.V2, Good)));
        Assert.Null(ApiCheck.Verify(Exchange("PUT", Offsets, null, 200, MediaType.V2, Good)));
        Assert.Equal("getPartitionOffsets", ApiCheck.Verify(Exchange("HEAD", $"{Offsets}/", null, 200, MediaType.V2, ""))?.Id);
    }

    private static void Check(
        string? complaint, string method, string url, string? sent, int status, string? type, string body, params string[] headers)
    {
        var fault = Record.Exception(() => ApiCheck.Verify(Exchange(method, url, sent, status, type, body, headers)));

        if (complaint is null)
        {
            Assert.Null(fault);
        }
        else
        {
            Assert.Contains(complaint, Assert.IsType<XunitException>(fault).Message, StringComparison.Ordinal);
        }
    }

    private static ApiExchange Exchange(
        string method, string url, string? sent, int status, string? type, string body, params string[] headers) => new(
            method, url, new[] { MediaType.V2 }.ToLookup(_ => "Content-Type"), sent is null ? null : Encoding.UTF8.GetBytes(sent))
        {
            Status = status,
            ContentType = type,
            Got = Encoding.UTF8.GetBytes(body),
            GotHeaders = headers.Length > 0 ? headers : [HttpEdge.CorrelationHeader],
        };
}
