using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Serverless.ExactlyOnceCopy;

/// <summary>Asks the log, whichever of its addresses answers.</summary>
/// <remarks>
/// A reply that does not come, and one that says 5xx or 429, leaves open whether the request took effect. Where a repetition does no
/// harm, it is sent again, for as long as it takes; everywhere else the caller is told, and must find out.
/// </remarks>
internal sealed class LogClient : IDisposable
{
    public const string V2 = "application/vnd.kafka.v2+json";
    public const string Json = "application/vnd.kafka.json.v2+json";

    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(90) };
    private readonly IReadOnlyList<Uri> _urls;
    private int _current;

    public LogClient(IReadOnlyList<Uri> urls, string? key = null)
    {
        _urls = urls;
        if (key is not null)
        {
            _http.DefaultRequestHeaders.Add("x-functions-key", key);
        }
    }

    /// <summary>Sends until there is an answer; what is asked for can be asked twice.</summary>
    /// <exception cref="RefusedException">The answer is a 4xx.</exception>
    public async Task<Answer> SendAsync(
        HttpMethod method, string path, object? body, CancellationToken cancellationToken, string type = V2)
    {
        for (var pause = PauseMin; ; pause = pause * 2 < PauseMax ? pause * 2 : PauseMax)
        {
            try
            {
                return await SendOnceAsync(method, path, body, cancellationToken, type);
            }
            catch (OutcomeUnknownException)
            {
                await Task.Delay(pause, cancellationToken);
            }
        }
    }

    /// <summary>Sends once.</summary>
    /// <exception cref="OutcomeUnknownException">There was no answer, or one that leaves open what happened.</exception>
    /// <exception cref="RefusedException">The answer is a 4xx: nothing has happened.</exception>
    public async Task<Answer> SendOnceAsync(
        HttpMethod method, string path, object? body, CancellationToken cancellationToken, string type = V2)
    {
        using var request = new HttpRequestMessage(method, new Uri(_urls[_current].AbsoluteUri.TrimEnd('/') + path));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(method == HttpMethod.Get ? "*/*" : V2));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(body)));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        }

        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            var epoch = response.Headers.TryGetValues("Kafka-Producer-Epoch", out var values) ? short.Parse(values.First(), null) : (short?)null;
            var answer = new Answer((int)response.StatusCode, text.Length > 0 ? JsonSerializer.Deserialize<JsonElement>(text) : default, epoch);
            return answer.Status switch
            {
                < 400 => answer,
                429 or >= 500 => throw new OutcomeUnknownException($"{method} {path}: {answer.Status}"),
                _ => throw new RefusedException($"{method} {path}", answer),
            };
        }
        catch (Exception e) when (e is HttpRequestException or JsonException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Another address may do better.
            _current = (_current + 1) % _urls.Count;
            throw new OutcomeUnknownException($"{method} {path}: {e.Message}", e);
        }
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>An answer below 400. <c>Epoch</c> is the header <c>Kafka-Producer-Epoch</c>.</summary>
internal sealed record Answer(int Status, JsonElement Body, short? Epoch);
