using System.Text;
using System.Text.Json.Nodes;

namespace Serverless.Http.Shows;

/// <summary>Where a record lies, and its value.</summary>
internal readonly record struct Placed(int Partition, long Offset, string Value);

/// <summary>A client of one process of the service. It keeps nothing that another process would need.</summary>
internal sealed class LogClient(Uri address) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = address, Timeout = TimeSpan.FromSeconds(100) };

    public async Task<Answer> SendAsync(
        string method, string path, string? body = null, string contentType = ContentTypes.V2, string? accept = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        using var response = await _http.SendAsync(request);
        return await Answer.ReadAsync(response);
    }

    public async Task CreateTopicAsync(string topic, int partitions) =>
        (await SendAsync(
            "POST",
            "/v3/clusters/serverless/topics",
            $$"""{"topic_name":"{{topic}}","partitions_count":{{partitions}}}""",
            ContentTypes.Plain)).Must(201);

    /// <summary>Asks for records to be stored, whatever comes of it.</summary>
    public Task<Answer> TryProduceAsync(string topic, int partition, params IEnumerable<string> values) =>
        SendAsync(
            "POST",
            $"/topics/{topic}/partitions/{partition}",
            new JsonObject { ["records"] = new JsonArray([.. values.Select(value => new JsonObject { ["value"] = value })]) }.ToJsonString(),
            ContentTypes.Json);

    /// <summary>Stores records in one partition, and says where they lie.</summary>
    public async Task<IReadOnlyList<Placed>> ProduceAsync(string topic, int partition, params IEnumerable<string> values)
    {
        string[] given = [.. values];
        var answer = (await TryProduceAsync(topic, partition, given)).Must(200);
        return [.. answer.Node["offsets"]!.AsArray().Zip(
            given, (at, value) => new Placed(at!["partition"]!.GetValue<int>(), at["offset"]!.GetValue<long>(), value))];
    }

    public async Task<(long Beginning, long End)> OffsetsAsync(string topic, int partition)
    {
        var offsets = (await SendAsync("GET", $"/topics/{topic}/partitions/{partition}/offsets")).Must(200).Node;
        return (offsets["beginning_offset"]!.GetValue<long>(), offsets["end_offset"]!.GetValue<long>());
    }

    /// <summary>All that a partition holds, read without a consumer.</summary>
    public async Task<IReadOnlyList<Placed>> ReadAllAsync(string topic, int partition)
    {
        var (next, end) = await OffsetsAsync(topic, partition);
        var records = new List<Placed>();
        while (next < end)
        {
            var read = Records(await SendAsync(
                "GET", $"/topics/{topic}/partitions/{partition}/records?offset={next}&timeout=1000", accept: ContentTypes.Json));
            Assert.NotEmpty(read);
            records.AddRange(read);
            next = read[^1].Offset + 1;
        }

        return records;
    }

    public static IReadOnlyList<Placed> Records(Answer answer) =>
        [.. answer.Must(200).Node.AsArray().Select(record => new Placed(
            record!["partition"]!.GetValue<int>(), record["offset"]!.GetValue<long>(), record["value"]!.GetValue<string>()))];

    public void Dispose() => _http.Dispose();
}
