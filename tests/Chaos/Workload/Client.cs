using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Chaos.History;
using Serverless.Chaos.World;

namespace Serverless.Chaos.Workload;

/// <summary>What came of a request.</summary>
/// <param name="TimedOut">The host may still have it, and serve it whenever it goes on.</param>
internal sealed record Reply(
    Outcome Outcome, int Status, int Code, JsonElement Body, string Host, long Invoked, long Returned, bool TimedOut);

/// <summary>One client of the service. It keeps a host for a while, and goes to another one when that does not answer.</summary>
internal sealed class Client(HostPool hosts, Journal journal, string name, Random random, TimeProvider clock)
{
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(4), NobodyPause = TimeSpan.FromMilliseconds(50);
    private const double Repeated = 0.1, Moves = 0.1;

    // One for all clients. What it cannot deliver it must not try again by itself: no time-outs and no redirects of its own.
    private static readonly HttpClient Http =
        new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };

    private HostProcess? _host;

    public string Name { get; } = name;

    public Random Random { get; } = random;

    /// <summary>Asks, and enters what came of it.</summary>
    /// <param name="step">What it was, by what came: of an answer that is not ok, only what was asked for is to be told.</param>
    /// <param name="wait">How long the service may wait before it answers.</param>
    public async Task<(Reply Reply, Operation Operation)> AskAsync(
        Request request, Func<Reply, Step> step, TimeSpan wait = default, bool mayRepeat = false)
    {
        var reply = await SendAsync(request, wait, null);
        var operation = Enter(reply, step, null);
        if (mayRepeat && Random.Happens(Repeated))
        {
            Enter(await SendAsync(request, wait, reply.Host), step, operation.Index);
        }

        return (reply, operation);
    }

    public Task PauseAsync(TimeSpan pause, CancellationToken stop) =>
        Task.Delay(pause, clock, stop).ContinueWith(_ => { }, TaskScheduler.Default);

    private Operation Enter(Reply reply, Func<Reply, Step> step, int? repeats) => journal.Add(new Operation(
        0, reply.Invoked, reply.Returned, Name, reply.Host, reply.Outcome, reply.Status, reply.Code, step(reply), repeats));

    private async Task<Reply> SendAsync(Request request, TimeSpan wait, string? butNot)
    {
        while (true)
        {
            var host = await HostAsync(butNot);
            var invoked = journal.Now;
            using var patience = new CancellationTokenSource(AnswerMax + wait, clock);
            var hasAnswered = false;
            host.Silence.Asked(clock);
            try
            {
                using var message = request.Message(host.Address);
                using var response = await Http.SendAsync(message, patience.Token);
                var body = await response.Content.ReadAsByteArrayAsync(patience.Token);
                hasAnswered = true;
                return Of((int)response.StatusCode, body, host.Name, invoked);
            }
            catch (HttpRequestException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
            {
                // Nobody has seen it: as every request has content, no other connection was tried before. So another host may get it.
                _host = null;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                _host = null;
                return new Reply(Outcome.Info, 0, 0, default, host.Name, invoked, journal.Now, e is OperationCanceledException);
            }
            finally
            {
                host.Silence.Ended(hasAnswered, clock);
            }
        }
    }

    private Reply Of(int status, byte[] bytes, string host, long invoked)
    {
        var outcome = status switch { < 300 => Outcome.Ok, < 500 => Outcome.Fail, _ => Outcome.Info };
        JsonElement body = default;
        var code = 0;
        try
        {
            body = bytes.Length == 0 ? default : JsonDocument.Parse(bytes).RootElement;
            code = outcome != Outcome.Ok && body.ValueKind == JsonValueKind.Object && body.TryGetProperty("error_code", out var given)
                ? given.GetInt32()
                : 0;
        }
        catch (JsonException)
        {
            // Whole, and yet no answer: that must not be.
            (outcome, code) = (Outcome.Info, -1);
        }

        return new Reply(outcome, status, code, body, host, invoked, journal.Now, TimedOut: false);
    }

    private async Task<HostProcess> HostAsync(string? butNot)
    {
        if (butNot is null && _host is { IsGone: false } host && !Random.Happens(Moves))
        {
            return host;
        }

        while (true)
        {
            if ((hosts.Pick(Random, butNot) ?? hosts.Pick(Random)) is { } picked)
            {
                return butNot is null ? _host = picked : picked;
            }

            await Task.Delay(NobodyPause, clock);
        }
    }
}

/// <summary>A request of the HTTP interface.</summary>
internal sealed record Request(string Method, string Path, JsonNode? Body = null, string ContentType = Request.V2, string? Accept = null)
{
    public const string V2 = "application/vnd.kafka.v2+json", Json = "application/vnd.kafka.json.v2+json", Plain = "application/json";

    public HttpRequestMessage Message(Uri host)
    {
        var message = new HttpRequestMessage(new HttpMethod(Method), new Uri(host, Path)) { Version = HttpVersion.Version11 };
        if (Accept is not null)
        {
            message.Headers.TryAddWithoutValidation("Accept", Accept);
        }

        // Always some content, if only none: without, .NET would send it again on another connection when one breaks.
        message.Content = new ByteArrayContent(Body is null ? [] : Encoding.UTF8.GetBytes(Body.ToJsonString()));
        if (Body is not null)
        {
            message.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        }

        return message;
    }
}
