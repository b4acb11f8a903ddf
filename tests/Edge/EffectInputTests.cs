using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Time.Testing;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Memory;
using Serverless.Edge.Fakes;
using Serverless.Functions;
using Serverless.Functions.Http;
using Xunit;

namespace Serverless.Edge;

/// <summary>What the ledger of effects refuses, before it looks at anything that is stored.</summary>
public sealed class EffectInputTests
{
    private readonly StorageMeter _meter = new();
    private readonly EdgeHost _host;

    public EffectInputTests() => _host = new EdgeHost(rows: new CountingRowStore(new MemoryRowStore(new FakeTimeProvider()), _meter));

    [Theory]
    [InlineData("[]", 400)]
    [InlineData("null", 400)]
    [InlineData("\"claim\"", 400)]
    [InlineData("{", 400)]
    [InlineData("{}{}", 400)]
    [InlineData("""{"lease.ms":"30000"}""", 400)]
    [InlineData("""{"lease.ms":30000.0}""", 400)]
    [InlineData("""{"lease.ms":3e4}""", 400)]
    [InlineData("""{"lease.ms":true}""", 400)]
    [InlineData("""{"lease.ms":[30000]}""", 400)]
    [InlineData("""{"lease.ms":9223372036854775808}""", 400)]
    [InlineData("""{"lease.ms":30000,"lease.ms":30000}""", 400)]
    [InlineData("""{"holder":"a","holder":"a"}""", 400)]
    [InlineData("""{"holder":1}""", 400)]
    [InlineData("""{"holder":"\ud800"}""", 400)]
    [InlineData("""{"fencing_token":"1","result":1}""", 400)]
    [InlineData("""{"fencing_token":null,"result":1}""", 400)]
    [InlineData("""{"fencing_token":1.0,"result":1}""", 400)]
    [InlineData("""{"fencing_token":9223372036854775808,"result":1}""", 400)]
    [InlineData("""{"fencing_token":1,"fencing_token":1,"result":1}""", 400)]
    [InlineData("""{"fencing_token":1,"result":1,"result":1}""", 400)]
    [InlineData("""{"fencing_token":1,"result":"\ud800"}""", 400)]
    [InlineData("""{"fencing_token":1,"result":01}""", 400)]
    [InlineData("""{"fencing_token":1,"result":}""", 400)]
    [InlineData("""{"unknown":1,"lease.ms":"x"}""", 400)]
    [InlineData("""{"lease.ms":999}""", 422)]
    [InlineData("""{"lease.ms":600001}""", 422)]
    [InlineData("""{"lease.ms":0}""", 422)]
    [InlineData("""{"lease.ms":-1}""", 422)]
    [InlineData("""{"lease":30000}""", 422)]
    [InlineData("""{"Lease.ms":30000}""", 422)]
    [InlineData("""{"holder":""}""", 422)]
    [InlineData("""{"holder":" "}""", 422)]
    [InlineData("""{"holder":"a\u0000b"}""", 422)]
    [InlineData("""{"holder":"a/b"}""", 422)]
    [InlineData("""{"fencing_token":1}""", 422)]
    [InlineData("""{"result":1}""", 422)]
    [InlineData("""{"result":null}""", 422)]
    [InlineData("""{"fencing_token":0,"result":1}""", 422)]
    [InlineData("""{"fencing_token":-1,"result":1}""", 422)]
    [InlineData("""{"fencing_token":-9223372036854775808,"result":1}""", 422)]
    [InlineData("""{"fencing_token":1,"result":1,"lease.ms":30000}""", 422)]
    [InlineData("""{"fencing_token":1,"result":1,"holder":"a"}""", 422)]
    [InlineData("""{"fencing_token":1,"lease.ms":30000}""", 422)]
    [InlineData("""{"result":1,"lease.ms":30000}""", 422)]
    [InlineData("""{"fencing_token":1,"result":1,"content_type":"text/plain"}""", 422)]
    public async Task A_body_that_says_no_one_thing_is_refused(string body, int code) => await RefusesAsync(code, code, "PUT", "/effects/s/k", body);

    [Fact]
    public async Task A_holder_and_a_result_have_their_limits()
    {
        var holder = new string('h', 256);

        await RefusesAsync(422, 422, "PUT", "/effects/s/k", $$"""{"holder":"{{holder}}"}""");
        await RefusesAsync(413, 413, "PUT", "/effects/s/k", $$"""{"fencing_token":1,"result":"{{new string('x', (48 * 1024) - 1)}}"}""");
        await RefusesAsync(400, 400, "PUT", "/effects/s/k", $$"""{"result":"{{new string('x', 48 * 1024)}}","fencing_token":"1"}""");
    }

    [Theory]
    [InlineData("%20")]
    [InlineData("..%2Fx")]
    [InlineData("a%2Fb")]
    [InlineData("a%5Cb")]
    [InlineData("a%0d%0aX:1")]
    [InlineData("a%7Fb")]
    [InlineData("%E2%80%AEabc")]
    [InlineData("%E2%80%A8")]
    [InlineData("%25C0%25AF")]
    [InlineData("a{255}")]
    public async Task A_name_that_no_group_could_have_is_refused(string segment)
    {
        segment = segment.Replace("{255}", new string('a', 255), StringComparison.Ordinal);
        foreach (var path in (string[])[$"/effects/{segment}/k", $"/effects/s/{segment}"])
        {
            await RefusesAsync(422, 42204, "PUT", path, "{}");
            await RefusesAsync(422, 42204, "PUT", path, """{"fencing_token":1,"result":1}""");
            await RefusesAsync(422, 42204, "GET", path);
            await RefusesAsync(422, 42204, "DELETE", $"{path}?fencing_token=1");
        }
    }

    [Theory]
    [InlineData("DELETE", "")]
    [InlineData("DELETE", "?fencing_token=")]
    [InlineData("DELETE", "?fencing_token=0")]
    [InlineData("DELETE", "?fencing_token=-1")]
    [InlineData("DELETE", "?fencing_token=1.0")]
    [InlineData("DELETE", "?fencing_token=01")]
    [InlineData("DELETE", "?fencing_token=9223372036854775808")]
    [InlineData("DELETE", "?fencing_token=1&fencing_token=1")]
    [InlineData("DELETE", "?fencing_token=1&force=true")]
    [InlineData("GET", "?fencing_token=1")]
    [InlineData("PUT", "?fencing_token=1")]
    public async Task The_query_is_checked(string method, string query) => await RefusesAsync(400, 400, method, $"/effects/s/k{query}");

    [Fact]
    public async Task Names_that_only_look_dangerous_are_effects_of_their_own()
    {
        string[] names = ["é", "e%CC%81", "A", "a", "a.b", "a%7Cb", "%27", "%23%3F", "%F0%9F%98%80", new string('g', 255), "%E8%AA%9E"];

        foreach (var name in names)
        {
            Assert.Equal(201, (await _host.SendAsync("PUT", $"/effects/{name}/{name}", null)).Status);
        }

        Assert.Equal(409, (await _host.SendAsync("PUT", "/effects/a/a", null)).Status);
    }

    [Fact]
    public void How_long_effects_are_kept_is_a_setting()
    {
        Assert.Equal(TimeSpan.FromDays(7), Retention(null));
        Assert.Equal(TimeSpan.FromDays(7), Retention(""));
        Assert.Equal(TimeSpan.FromHours(1), Retention("3600000"));
        foreach (var wrong in (string[])["0", "999", "-1", "1h", "99999999999999"])
        {
            Assert.Contains("Effects__RetentionMs", Assert.Throws<SettingException>(() => Retention(wrong)).Message, StringComparison.Ordinal);
        }

        static TimeSpan Retention(string? value) => EffectSettings.From(new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create("Effects:RetentionMs", value)]).Build()).Retention;
    }

    private async Task RefusesAsync(int status, int code, string method, string path, string? body = null)
    {
        var answer = await _host.SendAsync(
            method, path, body is null ? null : Encoding.UTF8.GetBytes(body), body is null ? [] : [("Content-Type", MediaType.V2)]);

        Assert.True((status, code) == (answer.Status, answer.ErrorCode), $"{path} {body}: {answer.Body}");
        Assert.Equal(0, _meter.Read().Total);
    }
}
