using System.Security.Cryptography;
using System.Text;
using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Edge.Fakes;
using Xunit;

namespace Serverless.Edge.Delivery;

public sealed class WebhookRequestTests : IDisposable
{
    private readonly HookReceiver _receiver = new();
    private readonly HookWorld _world = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _receiver.Dispose();
        _world.Dispose();
    }

    [Fact]
    public async Task A_request_says_what_it_brings_from_where_and_as_which_attempt()
    {
        var batch = HookWorld.Batch("1", "2") with { Attempt = 3, NextOffset = 45 };

        var outcome = await _world.Target(_receiver.Url()).SendAsync(batch, Cancellation);

        Assert.IsType<SendOutcome.Done>(outcome);
        var request = Assert.Single(_receiver.Requests);
        Assert.Equal(("POST", "/hook?a=b"), (request.Method, request.Path));
        Assert.Equal("\"0123456789abcdef0123456789abcdef\"", request.Headers["idempotency-key"]);
        Assert.Equal("0123456789abcdef0123456789abcdef", request.Headers["webhook-id"]);
        Assert.Equal("1700000000", request.Headers["webhook-timestamp"]);
        Assert.Equal("application/json", request.Headers["content-type"]);
        Assert.Equal("Serverless-Log-Delivery/1", request.Headers["user-agent"]);
        Assert.Equal(("group", "orders", "3"), (request.Headers["kafka-group"], request.Headers["kafka-topic"], request.Headers["kafka-partition"]));
        Assert.Equal(("40", "44"), (request.Headers["kafka-first-offset"], request.Headers["kafka-last-offset"]));
        Assert.Equal("3", request.Headers["delivery-attempt"]);
        Assert.Equal($"127.0.0.1:{_receiver.Port}", request.Headers["host"]);
        Assert.DoesNotContain("authorization", request.Headers.Keys);
    }

    [Theory]
    [InlineData(WebhookBody.Records, RecordFormat.Json)]
    [InlineData(WebhookBody.Records, RecordFormat.Binary)]
    [InlineData(WebhookBody.CloudEvents, RecordFormat.Json)]
    public async Task The_signature_is_that_of_Standard_Webhooks(WebhookBody body, RecordFormat format)
    {
        await _world.Target(_receiver.Url(), body, format).SendAsync(HookWorld.Batch("{\"a\":\"ä\"}"), Cancellation);

        var request = Assert.Single(_receiver.Requests);
        Assert.Equal(Signature(request, HookWorld.Secret), request.Headers["webhook-signature"]);
        Assert.NotEqual(Signature(request with { Body = [.. request.Body, 32] }, HookWorld.Secret), request.Headers["webhook-signature"]);
        Assert.NotEqual(Signature(request, [.. HookWorld.Secret.Reverse()]), request.Headers["webhook-signature"]);
    }

    [Fact]
    public void The_tests_own_signature_is_that_of_the_specification_s_example()
    {
        // From github.com/standard-webhooks/standard-webhooks, libraries' tests.
        var headers = new Dictionary<string, string> { ["webhook-id"] = "msg_p5jXN8AQM9LWM0D4loKWxJek", ["webhook-timestamp"] = "1614265330" };
        var request = new HookRequest("POST", "/", headers, "{\"test\": 2432232314}"u8.ToArray());

        Assert.Equal(
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", Signature(request, Convert.FromBase64String("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")));
    }

    [Fact]
    public async Task A_second_attempt_differs_in_its_time_and_its_number_alone()
    {
        var target = _world.Target(_receiver.Url());

        await target.SendAsync(HookWorld.Batch("1"), Cancellation);
        _world.Clock.Advance(TimeSpan.FromSeconds(61));
        await target.SendAsync(HookWorld.Batch("1") with { Attempt = 2 }, Cancellation);

        var (first, second) = (_receiver.Requests[0], _receiver.Requests[1]);
        var differing = first.Headers.Keys.Where(name => first.Headers[name] != second.Headers[name]).Order();
        Assert.Equal(["delivery-attempt", "webhook-signature", "webhook-timestamp"], differing);
        Assert.Equal("1700000061", second.Headers["webhook-timestamp"]);
        Assert.Equal(first.Body, second.Body);
        Assert.Equal(Signature(second, HookWorld.Secret), second.Headers["webhook-signature"]);
    }

    [Theory]
    [InlineData("größe", "gr%C3%B6%C3%9Fe")]
    [InlineData("a b\r\nX-Injected: 1", "a%20b%0D%0AX-Injected%3A%201")]
    [InlineData("注文/1", "%E6%B3%A8%E6%96%87%2F1")]
    [InlineData("a%41", "a%2541")]
    public async Task A_group_s_name_is_percent_encoded_in_its_header(string group, string header)
    {
        await _world.Target(_receiver.Url()).SendAsync(HookWorld.Batch("1") with { Group = group }, Cancellation);

        var request = Assert.Single(_receiver.Requests);
        Assert.Equal(header, request.Headers["kafka-group"]);
        Assert.DoesNotContain("x-injected", request.Headers.Keys);
    }

    [Fact]
    public async Task What_a_path_has_encoded_stays_encoded()
    {
        await _world.Target(_receiver.Url(path: "/a%0d%0ab/c%2Fd?e=%26&f=g%23h")).SendAsync(HookWorld.Batch("1"), Cancellation);

        Assert.Equal("/a%0d%0ab/c%2Fd?e=%26&f=g%23h", Assert.Single(_receiver.Requests).Path);
    }

    // Written anew from the specification: id, time and body with points between them.
    private static string Signature(HookRequest request, byte[] secret)
    {
        using var hash = new HMACSHA256(secret);
        var head = Encoding.ASCII.GetBytes(request.Headers["webhook-id"] + "." + request.Headers["webhook-timestamp"] + ".");
        hash.TransformBlock(head, 0, head.Length, null, 0);
        hash.TransformFinalBlock(request.Body, 0, request.Body.Length);
        return "v1," + Convert.ToBase64String(hash.Hash!);
    }
}
