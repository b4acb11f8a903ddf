using Microsoft.AspNetCore.Http;
using Serverless.Functions.Http;
using Xunit;

namespace Serverless.Edge;

public sealed class BaseUrlTests
{
    [Theory]
    [InlineData("/consumers/g", "", "https://host:8443")]
    [InlineData("/api/consumers/g", "", "https://host:8443/api")]
    [InlineData("/openapi.json", "", "https://host:8443")]
    [InlineData("/api/openapi.json", "", "https://host:8443/api")]
    [InlineData("/transactions/consumers", "", "https://host:8443")]
    [InlineData("/api/transactions/t", "", "https://host:8443/api")]
    [InlineData("/v3/clusters/consumers/topics", "", "https://host:8443")]
    [InlineData("/consumers/g", "X-Forwarded-Host=outer|X-Forwarded-Proto=http", "http://outer")]
    [InlineData("/consumers/g", "X-Forwarded-Host=outer, inner", "https://outer")]
    [InlineData("/consumers/g", "Forwarded=for=1.2.3.4;host=\"f:1\";proto=HTTP, host=second|X-Forwarded-Host=outer", "http://f:1")]
    [InlineData("/consumers/g", "Forwarded=proto=http|X-Forwarded-Host=outer", "http://outer")]
    [InlineData("/consumers/g", "X-Forwarded-Prefix=/bridge/", "https://host:8443/bridge")]
    [InlineData("/consumers/g", "X-Forwarded-Path=/bridge/consumers/g", "https://host:8443/bridge")]
    [InlineData("/consumers/g", "X-Forwarded-Path=/bridge", "https://host:8443/bridge")]
    [InlineData("/consumers/g", "X-Forwarded-Host=evil/path?x", "https://host:8443")]
    [InlineData("/consumers/g", "X-Forwarded-Host=a b", "https://host:8443")]
    [InlineData("/consumers/g", "X-Forwarded-Proto=javascript", "https://host:8443")]
    [InlineData("/consumers/g", "X-Forwarded-Prefix=//evil", "https://host:8443")]
    [InlineData("/consumers/g", "X-Forwarded-Prefix=/a\"b", "https://host:8443")]
    public void The_base_is_where_the_client_reaches_us(string path, string headers, string url)
    {
        var request = new DefaultHttpContext().Request;
        request.Scheme = "https";
        request.Host = new HostString("host:8443");
        request.Path = path;
        foreach (var header in headers.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = header.IndexOf('=', StringComparison.Ordinal);
            request.Headers[header[..equals]] = header[(equals + 1)..];
        }

        Assert.Equal(url, BaseUrl.Of(request));
    }
}
