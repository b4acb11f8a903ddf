using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Core.Storage.Azure;
using Serverless.Edge.OpenApi;
using Serverless.LocalHost;

namespace Serverless.Http;

/// <summary>The whole service over real HTTP: a local host in this process, on the run's Azurite, with a log of its own.</summary>
/// <remarks>A class fixture: <c>class T(ServiceFixture service) : IClassFixture&lt;ServiceFixture&gt;</c>. Timers do not run.</remarks>
public class ServiceFixture(AzuriteFixture azurite) : IAsyncLifetime
{
    public const string V2 = ContentTypes.V2;
    public const string Json = ContentTypes.Json;
    public const string Binary = ContentTypes.Binary;
    public const string Plain = ContentTypes.Plain;

    private readonly string _unique = $"t{Guid.NewGuid():n}"[..20];
    private LocalHostApp? _app;
    private int _names;

    public LocalHostApp App => _app ?? throw new InvalidOperationException("Not started yet.");

    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromSeconds(100) };

    /// <summary>Settings of the application that a test class wants to be others.</summary>
    protected virtual IReadOnlyDictionary<string, string?> Settings { get; } = new Dictionary<string, string?>();

    public async ValueTask InitializeAsync()
    {
        _app = await StartHostAsync(Settings);
        Client.BaseAddress = _app.Address;
        await PrepareAsync();
    }

    /// <summary>What a class's tests find in the log; nothing, unless a fixture of its own says so.</summary>
    protected virtual Task PrepareAsync() => Task.CompletedTask;

    public virtual async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>One more host on the same log, as another instance of the service; whoever starts it disposes it.</summary>
    public async Task<LocalHostApp> StartHostAsync(
        IReadOnlyDictionary<string, string?>? settings = null, Action<IServiceCollection>? configureServices = null) =>
        await LocalHostApp.StartAsync(
            new LocalHostOptions
            {
                Port = 0,
                Storage = await azurite.ConnectionStringAsync(),
                Timers = false,
                Settings = settings ?? Settings,
                ConfigureServices = services =>
                {
                    services.AddSingleton(new AzureStorageOptions { ContainerName = _unique, TablePrefix = _unique });
                    configureServices?.Invoke(services);
                },
            },
            CancellationToken.None);

    /// <summary>A name that no other test of this fixture has.</summary>
    public string NewName(string stem = "n") => $"{stem}{Interlocked.Increment(ref _names)}";

    /// <summary>Sends a request; a body without a type is sent without one.</summary>
    public async Task<Answer> SendAsync(
        string method, string path, byte[]? body, string? contentType = null, string? accept = null,
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            if (contentType is not null)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            }
        }

        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content!.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using var response = await Client.SendAsync(request);
        var answer = await Answer.ReadAsync(response);
        Check(new ApiExchange(method, request.RequestUri!.PathAndQuery, Sent(request), body ?? [])
        {
            Status = answer.Status, ContentType = answer.ContentType, Got = answer.Body, GotHeaders = [.. answer.Headers.Select(header => header.Key)],
        });
        return answer;
    }

    // Without an id the server refused it by itself, before any function was asked.
    private static void Check(ApiExchange exchange)
    {
        if (exchange.GotHeaders.Contains("X-Correlation-Id"))
        {
            ApiCheck.Verify(exchange);
        }
    }

    private static ILookup<string, string> Sent(HttpRequestMessage request) =>
        request.Headers.Concat(request.Content?.Headers.AsEnumerable() ?? [])
            .SelectMany(header => header.Value.Select(value => (header.Key, value)))
            .ToLookup(header => header.Key, header => header.value, StringComparer.OrdinalIgnoreCase);

    /// <summary>As above, with text; a body is v2 JSON unless it is said to be something else.</summary>
    public Task<Answer> SendAsync(
        string method, string path, string? body = null, string contentType = V2, string? accept = null,
        params (string Name, string Value)[] headers) =>
        SendAsync(method, path, body is null ? null : Encoding.UTF8.GetBytes(body), contentType, accept, headers);

    public Task<Answer> GetAsync(string path, string? accept = null) => SendAsync("GET", path, (string?)null, V2, accept);

    public Task<Answer> PostAsync(string path, string? body, string contentType = V2, string? accept = null) =>
        SendAsync("POST", path, body, contentType, accept);

    public Task<Answer> DeleteAsync(string path) => SendAsync("DELETE", path, (string?)null);

    /// <summary>Makes a topic of a fresh name, or of the one given.</summary>
    /// <param name="configs">Settings, as <c>name=value</c>.</param>
    public async Task<string> CreateTopicAsync(int partitions = 1, string? name = null, params string[] configs)
    {
        name ??= NewName("topic");
        var body = new JsonObject
        {
            ["topic_name"] = name,
            ["partitions_count"] = partitions,
            ["configs"] = new JsonArray([.. configs.Select(config => config.Split('=', 2)).Select(
                pair => new JsonObject { ["name"] = pair[0], ["value"] = pair[1] })]),
        };
        (await PostAsync("/v3/clusters/serverless/topics", body.ToJsonString(), Plain)).Must(201);
        return name;
    }

    /// <summary>Produces records, each a JSON object such as <c>{"value":1}</c>; all must be stored.</summary>
    /// <returns>The partition and offset of each.</returns>
    public async Task<IReadOnlyList<(int Partition, long Offset)>> ProduceAsync(
        string topic, IEnumerable<string> records, int? partition = null, string contentType = Json)
    {
        var path = partition is null ? $"/topics/{topic}" : $"/topics/{topic}/partitions/{partition}";
        var answer = (await PostAsync(path, $$"""{"records":[{{string.Join(',', records)}}]}""", contentType)).Must(200);
        return [.. answer.Node["offsets"]!.AsArray().Select(offset => (offset!["partition"]!.GetValue<int>(), offset["offset"]!.GetValue<long>()))];
    }

    public Task<IReadOnlyList<(int Partition, long Offset)>> ProduceAsync(string topic, params string[] records) =>
        ProduceAsync(topic, records, null);

    /// <summary>Makes a consumer instance that reads JSON from the beginning unless the fields say something else.</summary>
    /// <param name="fields">The fields of a JSON object, without its braces.</param>
    /// <returns>Its path, <c>/consumers/g/instances/i</c>.</returns>
    public async Task<string> CreateConsumerAsync(
        string? group = null, string fields = "\"format\":\"json\",\"auto.offset.reset\":\"earliest\"")
    {
        group ??= NewName("group");
        var answer = (await PostAsync($"/consumers/{group}", $"{{{fields}}}")).Must(200);
        return $"/consumers/{group}/instances/{answer.Node["instance_id"]!.GetValue<string>()}";
    }

    /// <summary>As above, and subscribed.</summary>
    public async Task<string> SubscribeAsync(
        string topic, string? group = null, string fields = "\"format\":\"json\",\"auto.offset.reset\":\"earliest\"")
    {
        var consumer = await CreateConsumerAsync(group, fields);
        (await PostAsync($"{consumer}/subscription", $$"""{"topics":["{{topic}}"]}""")).Must(204);
        return consumer;
    }

    /// <summary>One poll; it must succeed.</summary>
    public async Task<JsonArray> PollAsync(string consumer, string query = "", string? accept = null) =>
        (await GetAsync($"{consumer}/records{query}", accept)).Must(200).Node.AsArray();

    public override string ToString() => $"service at {_app?.Address}";
}
