using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Core.Delivery;
using Serverless.Http.Shows;
using Serverless.LocalHost;

namespace Serverless.Http.Contract;

/// <summary>Deliveries over HTTP, on a host without timers: what is produced starts the workers.</summary>
public sealed class DeliveryTests(ServiceFixture service) : IClassFixture<ServiceFixture>, IAsyncLifetime
{
    private const string Cluster = "/v3/clusters/serverless";
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private readonly Keeper _keeper = new();
    private LocalHostApp? _host;

    public async ValueTask InitializeAsync()
    {
        var settings = new Dictionary<string, string?> { ["Delivery:IdleMs"] = "2000" };
        _host = await service.StartHostAsync(settings, services => services.AddSingleton<IRecordHandler>(_keeper));
        _client = new HttpClient { BaseAddress = _host.Address };
    }

    private HttpClient? _client;

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await _host!.DisposeAsync();
    }

    [Fact]
    public async Task A_delivery_is_made_shown_listed_changed_paused_and_deleted_and_no_reply_has_its_secret()
    {
        var (topic, group) = (await service.CreateTopicAsync(2), service.NewName("group"));
        var body = $$"""
            {"topics":["{{topic}}"],"target":{"type":"webhook","url":"http://127.0.0.1:9/hook","secret":"{{Secret}}"},"paused":true,"batch.max.records":7}
            """;

        var made = (await PutAsync(group, body)).Must(201);
        var shown = (await SendAsync("GET", Url(group))).Must(200);
        var list = (await SendAsync("GET", $"{Cluster}/deliveries?page_size=1000")).Must(200);
        var changed = (await PutAsync(group, body.Replace(":7", ":8", StringComparison.Ordinal).Replace($",\"secret\":\"{Secret}\"", "", StringComparison.Ordinal))).Must(200);
        var resumed = (await SendAsync("PATCH", Url(group), """{"paused":false}""")).Must(200);

        Assert.EndsWith(Url(group), made.Header("Location"), StringComparison.Ordinal);
        Assert.Equal(made.Text, shown.Text);
        Assert.Equal(
            ("PAUSED", true, "latest", 7, 0), (
                shown.Node["state"]!.GetValue<string>(), shown.Node["paused"]!.GetValue<bool>(), shown.Node["start"]!.GetValue<string>(),
                shown.Node["batch.max.records"]!.GetValue<int>(), shown.Node["total_lag"]!.GetValue<int>()));
        Assert.Equal(
            """{"type":"webhook","url":"http://127.0.0.1:9/hook","body":"records","format":"json"}""", shown.Node["target"]!.ToJsonString());
        Assert.Contains(list.Node["data"]!.AsArray(), one => one!["consumer_group_id"]!.GetValue<string>() == group);
        Assert.Equal(8, changed.Node["batch.max.records"]!.GetValue<int>());
        Assert.Equal(("IDLE", false), (resumed.Node["state"]!.GetValue<string>(), resumed.Node["paused"]!.GetValue<bool>()));
        Assert.DoesNotContain("whsec", made.Text + shown.Text + list.Text + changed.Text + resumed.Text, StringComparison.Ordinal);

        (await SendAsync("DELETE", Url(group))).Must(204);
        Assert.Equal((404, 404), ErrorOf(await SendAsync("GET", Url(group))));
        Assert.Equal((404, 404), ErrorOf(await SendAsync("DELETE", Url(group))));
        Assert.Equal((404, 404), ErrorOf(await SendAsync("PATCH", Url(group), """{"paused":true}""")));
    }

    [Fact]
    public async Task What_is_produced_comes_to_a_handler_without_any_timer_again_and_again()
    {
        var (topic, group) = (await service.CreateTopicAsync(3), service.NewName("group"));
        (await PutAsync(group, $$"""{"target":{"type":"handler","name":"keeper"},"topics":["{{topic}}"]}""")).Must(201);

        foreach (var round in Enumerable.Range(1, 2))
        {
            await ProduceAsync(topic, Enumerable.Range(0, 20).Select(n => $$"""{"value":"{{round}}-{{n}}"}"""));
            await Eventually.IsSoAsync(() => _keeper.Of(topic).Count == round * 20, () => $"{_keeper.Of(topic).Count} have come");

            // Whoever worked leaves, and what is produced after that must start somebody else.
            await Eventually.SeesAsync(
                () => SendAsync("GET", Url(group)),
                seen => seen.Node["state"]!.GetValue<string>() == "IDLE" && seen.Node["total_lag"]!.GetValue<long>() == 0,
                seen => seen.Text);
        }

        Assert.Equal(40, _keeper.Of(topic).Distinct().Count());
    }

    [Fact]
    public async Task A_topic_is_copied_to_another_with_what_its_filter_takes()
    {
        var (from, to, group) = (await service.CreateTopicAsync(2), await service.CreateTopicAsync(2), service.NewName("group"));
        (await PutAsync(
            group,
            $$"""{"topics":["{{from}}"],"start":"earliest","target":{"type":"topic","name":"{{to}}","headers":{"kind":"order"} } }""")).Must(201);
        var header = Convert.ToBase64String("order"u8);

        await ProduceAsync(from, [
            $$"""{"partition":1,"key":"k","value":1,"headers":[{"key":"kind","value":"{{header}}"}]}""", """{"partition":1,"value":2}""",
            $$"""{"partition":0,"value":3,"headers":[{"key":"kind","value":"{{header}}"}]}"""]);

        var copied = await Eventually.SeesAsync(
            async () => (Read(await CommittedAsync(to, 0)), Read(await CommittedAsync(to, 1))),
            seen => seen is ("3", "1"), seen => seen.ToString());
        Assert.Equal(("3", "1"), copied);
    }

    [Fact]
    public async Task A_dead_letter_is_sent_back_by_its_place()
    {
        var (topic, letters, group) = (await service.CreateTopicAsync(), await service.CreateTopicAsync(), service.NewName("group"));
        (await PutAsync(
            group,
            $$"""
            {"topics":["{{topic}}"],"target":{"type":"handler","name":"keeper"},"dead_letter_topic":"{{letters}}","retry.attempts":2,
             "retry.backoff.ms":10,"start":"earliest"}
            """)).Must(201);
        _keeper.Fails = topic;
        await ProduceAsync(topic, ["""{"value":"bad"}"""]);
        await Eventually.SeesAsync(async () => Read(await CommittedAsync(letters, 0)), seen => seen == "\"bad\"", seen => seen);
        _keeper.Fails = null;

        var sent = (await SendAsync(
            "POST", $"{Url(group)}/dead-letters:replay", """{"records":[{"partition":0,"offset":0}]}""")).Must(200);

        Assert.Equal(
            $$"""{"records":[{"partition":0,"offset":0,"to_topic":"{{topic}}","to_partition":0,"to_offset":1}]}""", sent.Text);
        await Eventually.IsSoAsync(() => _keeper.Of(topic).SequenceEqual(["0-1: \"bad\""]), () => string.Join(' ', _keeper.Of(topic)));
        Assert.Equal((404, 404), ErrorOf(await SendAsync(
            "POST", $"{Url(group)}/dead-letters:replay", """{"records":[{"partition":0,"offset":7}]}""")));
    }

    [Theory]
    [InlineData("", 422, "")]
    [InlineData("[]", 400, "The body must be an object")]
    [InlineData("{}", 422, "target is missing")]
    [InlineData("""{"topics":"t"}""", 400, "topics must be an array")]
    [InlineData("""{"topics":["a/b"]}""", 422, "no topic can have the name")]
    [InlineData("""{"topics":["t"],"target":{"type":"ftp"} }""", 422, "target.type")]
    [InlineData("""{"topics":["t"],"target":{"type":"handler","name":"nobody"} }""", 422, "There is no handler nobody")]
    [InlineData("""{"topics":["t"],"target":{"type":"handler","name":"keeper","url":"x"} }""", 422, "target.url is not for")]
    [InlineData("""{"topics":["t"],"target":{"type":"topic","name":"t"} }""", 422, "The target is one of the topics")]
    [InlineData("""{"topics":["t"],"target":{"type":"webhook"} }""", 422, "target.url is missing")]
    [InlineData("""{"topics":["t"],"target":{"type":"webhook","url":"http://127.0.0.1/"} }""", 422, "target.secret is missing")]
    [InlineData("""{"topics":["t"],"target":{"type":"webhook","url":"http://127.0.0.1/","secret":"abc"} }""", 422, "target.secret")]
    [InlineData("""{"topics":["t"],"target":{"type":"webhook","url":"file:///etc/passwd","secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"} }""", 422, "target.url")]
    [InlineData("""{"topics":["t"],"target":{"type":"handler","name":"keeper"},"start":"tomorrow"}""", 422, "start must be")]
    [InlineData("""{"topics":["t"],"target":{"type":"handler","name":"keeper"},"start":-1}""", 422, "start must be")]
    [InlineData("""{"topics":["t"],"target":{"type":"handler","name":"keeper"},"batch.max.records":0}""", 422, "batch.max.records")]
    [InlineData("""{"topics":["t"],"target":{"type":"handler","name":"keeper"},"batch.max.records":99999999999}""", 422, "batch.max.records")]
    [InlineData("""{"topics":["t"],"target":{"type":"handler","name":"keeper"},"batch.max.records":"9"}""", 400, "batch.max.records")]
    [InlineData("""{"topics":["t"],"target":{"type":"handler","name":"keeper"},"retry.attempts":3}""", 422, "dead_letter_topic")]
    [InlineData("""{"topics":["t"],"target":{"type":"handler","name":"keeper"},"retry.attempts":3,"dead_letter_topic":"none"}""", 422, "There is no topic none")]
    [InlineData("""{"topics":["t"],"topic_pattern":"t","target":{"type":"handler","name":"keeper"} }""", 422, "not both")]
    [InlineData("""{"topic_pattern":"(?=a)","target":{"type":"handler","name":"keeper"} }""", 422, "topic_pattern")]
    [InlineData("""{"topics":["t"],"target":{"type":"handler","name":"keeper"},"pause":true}""", 422, "Unrecognized field: pause")]
    [InlineData("""{"topics":["t"],"topics":["t"],"target":{"type":"handler","name":"keeper"} }""", 400, "Duplicate field")]
    [InlineData("""{"topics":["t"],"target":{"type":"topic","name":"u","headers":{"a":1}} }""", 400, "target.headers")]
    public async Task What_is_wrong_is_named_and_nothing_is_made(string body, int status, string says)
    {
        var group = service.NewName("group");

        var answer = await PutAsync(group, body);

        Assert.Equal(status, answer.Status);
        Assert.Contains(says, answer.Node["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(404, (await SendAsync("GET", Url(group))).Status);
    }

    [Fact]
    public async Task A_group_goes_after_its_delivery_and_no_client_is_called_like_a_worker()
    {
        var (topic, group) = (await service.CreateTopicAsync(), service.NewName("group"));
        (await PutAsync(group, $$"""{"target":{"type":"handler","name":"keeper"},"topics":["{{topic}}"]}""")).Must(201);

        Assert.Equal((409, 40903), ErrorOf(await SendAsync("DELETE", Url(group)[..^"/delivery".Length])));
        Assert.Equal((422, 42204), ErrorOf(await SendAsync("POST", $"/consumers/{group}", """{"name":"__delivery-1"}""")));
        Assert.Equal((422, 42204), ErrorOf(await SendAsync("POST", $"/consumers/{group}/instances/__delivery-1/heartbeat")));
        (await SendAsync("DELETE", Url(group))).Must(204);
        (await SendAsync("DELETE", Url(group)[..^"/delivery".Length])).Must(204);
    }

    [Fact]
    public async Task Nobody_but_the_service_starts_a_worker()
    {
        const string Body = """{"group":"g","instance":"i"}""";

        Assert.Equal((401, 40101), ErrorOf(await SendAsync("POST", "/deliveries/workers", Body)));
        foreach (var signature in new[] { "", "v1", "v1,1,AAAA", "v1,9999999999999999999,AAAA", $"v1,{DateTimeOffset.UtcNow.ToUnixTimeSeconds()},{new string('A', 43)}=" })
        {
            Assert.Equal((401, 40101), ErrorOf(await SendAsync("POST", "/deliveries/workers", Body, ("Delivery-Signature", signature))));
        }
    }

    private static string Url(string group) => $"{Cluster}/consumer-groups/{group}/delivery";

    private static (int, int?) ErrorOf(Answer answer) => (answer.Status, answer.ErrorCode);

    private Task<Answer> PutAsync(string group, string body) => SendAsync("PUT", Url(group), body);

    private async Task ProduceAsync(string topic, IEnumerable<string> records) => (await SendAsync(
        "POST", $"/topics/{topic}", $$"""{"records":[{{string.Join(',', records)}}]}""", ("Content-Type", ContentTypes.Json))).Must(200);

    private Task<Answer> CommittedAsync(string topic, int partition) => SendAsync(
        "GET", $"/topics/{topic}/partitions/{partition}/records?offset=0&isolation_level=read_committed", null, ("Accept", ContentTypes.Json));

    private static string Read(Answer answer) =>
        string.Join(' ', answer.Must(200).Node.AsArray().Select(record => record!["value"]!.ToJsonString()));

    private async Task<Answer> SendAsync(
        string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation(
                "Content-Type", headers.FirstOrDefault(header => header.Name == "Content-Type").Value ?? ContentTypes.Plain);
        }

        foreach (var (name, value) in headers.Where(header => header.Name != "Content-Type"))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await _client!.SendAsync(request);
        return await Answer.ReadAsync(response);
    }

    /// <summary>Keeps what it is given.</summary>
    private sealed class Keeper : IRecordHandler
    {
        private readonly ConcurrentQueue<(string Topic, string What)> _kept = new();

        public string Name => "keeper";

        public string? Fails { get; set; }

        public List<string> Of(string topic) => [.. _kept.Where(one => one.Topic == topic).Select(one => one.What)];

        public ValueTask HandleAsync(
            IReadOnlyList<DeliveredRecord> records, HandlerContext context, CancellationToken cancellationToken)
        {
            if (Fails == context.At.Topic)
            {
                throw new InvalidOperationException("It is to fail.");
            }

            foreach (var record in records)
            {
                _kept.Enqueue((context.At.Topic, $"{context.At.Partition}-{record.Offset}: {Encoding.UTF8.GetString(record.Value!.Value.Span)}"));
            }

            return default;
        }
    }
}
