using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Serverless.Chaos.World;

/// <summary>A client of hosts that are killed now and then: it asks one after another until somebody has answered.</summary>
internal sealed class HostClient(IReadOnlyList<FixedHost> hosts, Random random, TimeProvider clock)
{
    public const int RecordsARequest = 100;

    private const int AttemptsMax = 300;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(15) };

    private int _retries;

    /// <summary>Requests that were sent again.</summary>
    public int Retries => _retries;

    public Task<JsonNode> MakeTopicAsync(string name, int partitions) => SendAsync(
        host => new HttpRequestMessage(HttpMethod.Post, new Uri(host, "v3/clusters/serverless/topics"))
        {
            Content = JsonContent.Create(new { topic_name = name, partitions_count = partitions }),
        });

    /// <summary>Stores records <c>r{n}</c> by a request with a key: once, whoever is killed meanwhile.</summary>
    public Task<JsonNode> ProduceAsync(string topic, int partition, int request, int first, int count)
    {
        var records = Enumerable.Range(first, count).Select(n => (JsonNode)new JsonObject { ["value"] = $"r{n}" });
        var body = new JsonObject { ["records"] = new JsonArray([.. records]) }.ToJsonString();
        return SendAsync(host => new HttpRequestMessage(HttpMethod.Post, new Uri(host, $"topics/{topic}/partitions/{partition}"))
        {
            Content = new StringContent(body, Encoding.UTF8, "application/vnd.kafka.json.v2+json"),
            Headers = { { "Idempotency-Key", $"\"request-{request}\"" } },
        });
    }

    /// <summary>Where a group stands in a partition; 0 where that is not known.</summary>
    public async Task<long> CommittedAsync(string group, string topic, int partition)
    {
        var body = await SendAsync(host => new HttpRequestMessage(
            HttpMethod.Get, new Uri(host, $"consumers/{group}/offsets?partitions={topic}:{partition}")));
        return body["offsets"] is not JsonArray offsets ? 0 : offsets.Sum(offset => offset!["offset"]!.GetValue<long>());
    }

    /// <summary>Until somebody has answered: all of these may be sent again. What is not found is an empty object.</summary>
    public async Task<JsonNode> SendAsync(Func<Uri, HttpRequestMessage> request)
    {
        for (var attempt = 0; ; attempt++)
        {
            Assert.True(attempt < AttemptsMax, "Nobody answers.");
            int host;
            lock (random)
            {
                host = random.Next(hosts.Count);
            }

            try
            {
                using var message = request(hosts[host].Address);
                using var response = await Http.SendAsync(message);
                var body = await response.Content.ReadAsStringAsync();
                if (response.IsSuccessStatusCode)
                {
                    return JsonNode.Parse(body.Length == 0 ? "{}" : body)!;
                }

                if (response.StatusCode == System.Net.HttpStatusCode.NotFound && message.Method == HttpMethod.Get)
                {
                    return new JsonObject();
                }

                Assert.True((int)response.StatusCode >= 500 || body.Contains("40950", StringComparison.Ordinal), $"{message.RequestUri}: {response.StatusCode} {body}");
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException or JsonException)
            {
                // It was killed.
            }

            Interlocked.Increment(ref _retries);
            await Task.Delay(Pause, clock);
        }
    }
}
