using System.Globalization;
using System.Text;
using System.Text.Json;
using Serverless.Core.Effects;
using Serverless.Core.Storage.Memory;
using Serverless.Edge.Fakes;
using Serverless.Functions.Http;
using Xunit;

namespace Serverless.Edge;

/// <summary>The ledger of effects over HTTP: claims, results, and what each is answered.</summary>
public sealed class EffectTests
{
    private const string Path = "/effects/mails/order%2017";

    private readonly EdgeHost _host = new();

    [Theory]
    [InlineData(null, 60)]
    [InlineData(" ", 60)]
    [InlineData("{}", 60)]
    [InlineData("""{"lease.ms":null,"holder":null}""", 60)]
    [InlineData("""{"lease.ms":1000}""", 1)]
    [InlineData("""{"lease.ms":600000,"holder":"worker é"}""", 600)]
    public async Task A_claim_is_created_with_a_token_and_an_end(string? body, int seconds)
    {
        var answer = await PutAsync(body);

        Assert.Equal((201, MediaType.V2), (answer.Status, answer.ContentType));
        Assert.Equal(["scope", "key", "state", "fencing_token", "expires_at"], answer.Json.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("mails", "order 17", "claimed"), Named(answer));
        Assert.True(Token(answer) > 0);
        Assert.Equal(_host.Clock.GetUtcNow().AddSeconds(seconds + 1), answer.Json.GetProperty("expires_at").GetDateTimeOffset());
    }

    [Fact]
    public async Task A_claim_that_another_holds_is_a_conflict_until_its_end()
    {
        var first = await PutAsync("""{"lease.ms":30000,"holder":"a"}""");

        var held = await PutAsync("""{"holder":"b"}""");
        var seconds = int.Parse(held.Headers["Retry-After"]!, CultureInfo.InvariantCulture);
        _host.Clock.Advance(TimeSpan.FromSeconds(seconds));
        var taken = await PutAsync("""{"holder":"b"}""");

        Assert.Equal((409, 40955), held.Error);
        Assert.InRange(seconds, 30, 33);
        Assert.Equal((201, Token(first) + 1), (taken.Status, Token(taken)));
        Assert.Equal((409, 40956), (await RecordAsync(Token(first), "1")).Error);
    }

    [Fact]
    public async Task A_holder_that_asks_again_gets_the_same_token()
    {
        var first = await PutAsync("""{"holder":"a"}""");
        _host.Clock.Advance(TimeSpan.FromSeconds(30));

        var again = await PutAsync("""{"holder":"a"}""");

        Assert.Equal((201, Token(first)), (again.Status, Token(again)));
        Assert.NotEqual(first.Body, again.Body);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("\"text \\u00e9 é \\\" 😀\"")]
    [InlineData("""{"total":12.50,"big":9007199254740993,"tiny":1e-400,"again":1,"again":2}""")]
    [InlineData("[ 1,\r\n  [ ] ]")]
    public async Task A_result_is_told_as_it_was_sent_to_whoever_asks(string result)
    {
        var token = Token(await PutAsync());
        _host.Clock.Advance(TimeSpan.FromSeconds(2));

        var recorded = await RecordAsync(token, result);
        _host.Clock.Advance(TimeSpan.FromHours(1));
        Answer[] later = [await PutAsync(), await _host.GetAsync(Path), await RecordAsync(token, result), await RecordAsync(token, "\"another\"")];

        Assert.Equal((200, MediaType.V2), (recorded.Status, recorded.ContentType));
        Assert.Equal(
            $$"""{"scope":"mails","key":"order 17","state":"done","fencing_token":{{token}},"result":{{result}},"completed_at":"2023-11-14T22:13:22.000Z"}""",
            recorded.Body);
        Assert.All(later, answer => Assert.Equal((200, recorded.Body), (answer.Status, answer.Body)));
    }

    [Fact]
    public async Task A_result_is_at_most_48_KiB_as_sent()
    {
        var token = Token(await PutAsync());
        string Text(int length) => $"\"{new string('x', length - 2)}\"";

        var tooLarge = await RecordAsync(token, Text((48 * 1024) + 1));
        var blown = await RecordAsync(token, "[" + new string(' ', 48 * 1024) + "]");
        var fits = await RecordAsync(token, Text(48 * 1024));

        Assert.Equal([(413, 413), (413, 413)], [tooLarge.Error, blown.Error]);
        Assert.Equal(200, fits.Status);
    }

    [Fact]
    public async Task GET_tells_the_claim_and_then_nothing_when_it_is_given_up()
    {
        var claimed = await PutAsync();

        var found = await _host.GetAsync(Path);
        var head = await _host.SendAsync("HEAD", Path, null);
        var released = await DeleteAsync(Token(claimed));
        var releasedAgain = await DeleteAsync(Token(claimed));

        Assert.Equal((200, claimed.Body), (found.Status, found.Body));
        Assert.Equal((200, "", claimed.Body.Length), (head.Status, head.Body, (int)head.Headers.ContentLength!));
        Assert.Equal([(204, ""), (204, "")], [(released.Status, released.Body), (releasedAgain.Status, releasedAgain.Body)]);
        Assert.Equal((404, 404), (await _host.GetAsync(Path)).Error);
        Assert.Equal((409, 40956), (await RecordAsync(Token(claimed), "1")).Error);
        Assert.Equal(Token(claimed) + 1, Token(await PutAsync()));
        Assert.Equal((409, 40956), (await DeleteAsync(Token(claimed))).Error);
    }

    [Fact]
    public async Task What_is_done_cannot_be_given_up()
    {
        var token = Token(await PutAsync());
        await RecordAsync(token, "1");

        Assert.Equal((409, 40956), (await DeleteAsync(token)).Error);
        Assert.Equal(200, (await _host.GetAsync(Path)).Status);
    }

    [Fact]
    public async Task What_nobody_claimed_is_not_found()
    {
        Answer[] answers = [await _host.GetAsync(Path), await RecordAsync(1, "1"), await DeleteAsync(1)];

        Assert.All(answers, answer => Assert.Equal("""{"error_code":404,"message":"Effect not found."}""", answer.Body));
        Assert.All(answers, answer => Assert.Equal(404, answer.Status));
    }

    [Fact]
    public async Task A_result_that_Core_recorded_is_told_as_base64_with_its_type()
    {
        var ledger = _host.Service<EffectLedger>();
        var scope = new EffectScope(ledger, "mails", TimeSpan.FromMinutes(1));
        await scope.RunOnceAsync("order 17", _ => ValueTask.FromResult<ReadOnlyMemory<byte>>(new byte[] { 0xff, 0 }), default);

        var answer = await PutAsync();

        Assert.Equal(200, answer.Status);
        Assert.Contains("\"result\":\"/wA=\",\"content_type\":\"application/octet-stream\",", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MediaType.PlainJson)]
    [InlineData(MediaType.Json)]
    [InlineData(null)]
    public async Task The_types_are_those_of_the_other_v2_requests(string? type)
    {
        var answer = await _host.SendAsync(
            "PUT", Path, "{}"u8.ToArray(), [.. (type is null ? [] : new[] { ("Content-Type", type) }), ("Accept", MediaType.PlainJson)]);

        Assert.Equal((201, MediaType.PlainJson), (answer.Status, answer.ContentType));
        Assert.Equal((415, 415), (await PutAsync("{}", "text/plain")).Error);
        Assert.Equal((406, 406), (await _host.GetAsync(Path, ("Accept", "text/html"))).Error);
    }

    [Fact]
    public async Task An_outcome_that_stays_unknown_is_a_retriable_error()
    {
        var stores = new FailingStores(new MemoryBlobStore(_host.Clock), _host.Rows) { LosesSubmit = _ => true };
        var host = new EdgeHost(rows: stores);

        var claim = await host.SendAsync("PUT", Path, null);
        stores.LosesSubmit = null;
        var token = Token(await host.SendAsync("PUT", Path, null));
        stores.LosesSubmit = _ => true;
        var body = Encoding.UTF8.GetBytes($$"""{"fencing_token":{{token}},"result":1}""");
        var record = await host.SendAsync("PUT", Path, body);
        stores.LosesSubmit = null;

        Assert.Equal([(500, 50003), (500, 50003)], [claim.Error, record.Error]);
        Assert.Equal("1", record.Headers["Retry-After"]);
        Assert.Equal(200, (await host.SendAsync("PUT", Path, body)).Status);
    }

    private Task<Answer> PutAsync(string? body = null, string type = MediaType.V2) => _host.SendAsync(
        "PUT", Path, body is null ? null : Encoding.UTF8.GetBytes(body), body is null ? [] : [("Content-Type", type)]);

    private Task<Answer> RecordAsync(long token, string result) =>
        PutAsync($$"""{"fencing_token":{{token}},"result":{{result}}}""");

    private Task<Answer> DeleteAsync(long token) => _host.SendAsync("DELETE", $"{Path}?fencing_token={token}", null);

    private static long Token(Answer answer) => answer.Json.GetProperty("fencing_token").GetInt64();

    private static (string?, string?, string?) Named(Answer answer) =>
        (Text(answer.Json, "scope"), Text(answer.Json, "key"), Text(answer.Json, "state"));

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();
}
