using Serverless.Http.LocalHost;
using Serverless.Http.Shows;

namespace Serverless.Http.Telemetry;

/// <summary>A process of the service that sends what it knows of itself by OTLP, as the standard variables tell it.</summary>
[Collection(Show.Name)]
public sealed class ExportTests(AzuriteFixture azurite)
{
    private const string Canary = "canary7203";
    private static readonly string CanarySecret = Convert.ToBase64String("canary7203-canary7203-canary7203"u8);

    [Fact]
    public async Task Traces_metrics_and_logs_arrive()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var host = await StartAsync(receiver);
        await host.Client.CreateTopicAsync("exported", 1);

        await host.Client.ProduceAsync("exported", 0, "one");
        await host.Client.ReadAllAsync("exported", 0);
        (await host.Client.SendAsync("POST", "/transactions/exporter")).Must(200);

        await Eventually.IsSoAsync(
            () => receiver.Has("traces", "log-of-tests", "POST /topics/{topic}/partitions/{partition}", "send exported", "append", "blob.append", "fetch exported"),
            () => receiver.Received("traces"));
        await Eventually.IsSoAsync(
            () => receiver.Has(
                "metrics", "log-of-tests", "messaging.client.sent.messages", "messaging.client.consumed.messages", "serverless.append.attempts",
                "serverless.storage.calls", "http.server.request.duration", "dotnet.gc.collections"),
            () => receiver.Received("metrics"));
        await Eventually.IsSoAsync(
            () => receiver.Has("logs", "log-of-tests", "has the new instance", "CorrelationId"), () => receiver.Received("logs"));
    }

    [Fact]
    public async Task A_signal_that_is_not_wanted_is_not_sent()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var host = await StartAsync(receiver, ("OTEL_TRACES_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none"));

        await host.Client.SendAsync("GET", "/topics");
        await Eventually.IsSoAsync(() => receiver.Has("metrics", "serverless.storage.calls"), () => receiver.Received("metrics"));
        await host.StopAsync();

        Assert.Equal(("", ""), (receiver.Received("traces"), receiver.Received("logs")));
    }

    [Fact]
    public async Task An_address_for_one_signal_is_for_that_one_alone()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var host = await ShowHost.OnAsync(await azurite.ConnectionStringAsync(), new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = $"{receiver.Address}/v1/traces",
            ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = "http/protobuf",
        });

        await host.Client.SendAsync("GET", "/topics");
        await host.StopAsync();

        Assert.True(receiver.Has("traces", "serverless-log", "GET /topics"));
        Assert.Equal(("", ""), (receiver.Received("metrics"), receiver.Received("logs")));
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "not an address")]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "ftp://host")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "secret")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "se cret=secret")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "=secret")]
    [InlineData("APPLICATIONINSIGHTS_CONNECTION_STRING", "secret")]
    [InlineData("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=")]
    [InlineData("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=secret;;LiveEndpoint=https://h/")]
    [InlineData("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=secret;IngestionEndpoint=nonsense")]
    [InlineData("Telemetry__CarryTraceInRecords", "perhaps")]
    [InlineData("Telemetry__LagPartitionsMax", "-1")]
    public async Task A_setting_that_cannot_work_stops_the_start_and_is_named(string name, string value)
    {
        await using var process = LocalHostProcess.Launch(
            new Dictionary<string, string?> { [name] = value }, "--port", "0", "--storage", await azurite.ConnectionStringAsync());

        var (code, error) = await process.EndAsync();

        Assert.Equal(1, code);
        Assert.StartsWith(name, error, StringComparison.Ordinal);
        Assert.DoesNotContain(value, error.Replace(name, "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receiver_that_never_answers_does_not_hold_up_the_end()
    {
        using var silent = new SilentReceiver();
        await using var host = await ShowHost.OnAsync(await azurite.ConnectionStringAsync(), new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = silent.Address,
            ["APPLICATIONINSIGHTS_CONNECTION_STRING"] =
                $"InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint={silent.Address}",
        });
        await host.Client.SendAsync("GET", "/topics");

        await host.Process.TerminateAsync();

        // Without care it is 10 s and more: each provider of the SDK waits for itself.
        await host.Process.EndAsync().WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task What_records_and_secrets_hold_is_in_no_log_and_no_trace()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var host = await StartAsync(receiver, ("Faults__Rate", "0.15"), ("Faults__Seed", "5"), ("Logging__LogLevel__Default", "Debug"));
        await MadeAsync(host, "POST", "/v3/clusters/serverless/topics", """{"topic_name":"silent","partitions_count":2}""");
        await MadeAsync(host, "POST", "/v3/clusters/serverless/topics", """{"topic_name":"silenced"}""");

        // Its target cannot be reached, and the records go to the dead letters.
        await MadeAsync(
            host, "PUT", "/v3/clusters/serverless/consumer-groups/silent/delivery",
            $$$"""{"topics":["silent"],"start":"earliest","retry.attempts":2,"dead_letter_topic":"silenced","target":{"type":"webhook","url":"http://127.0.0.1:9/{{{Canary}}}","secret":"whsec_{{{CanarySecret}}}"}}""");
        foreach (var body in Bodies)
        {
            await host.Client.SendAsync("POST", "/topics/silent", body, ContentTypes.Json);
        }

        await host.Client.SendAsync("GET", $"/topics/silent/partitions/0/records?offset=0&timeout={Canary}", accept: ContentTypes.Json);
        await host.Client.SendAsync("GET", "/topics/silent/partitions/0/records?offset=0&timeout=100", accept: ContentTypes.Json);
        await host.Client.SendAsync("POST", "/consumers/silent-readers", $$"""{"name":"i","format":"json","auto.offset.reset":"{{Canary}}"}""");
        await Eventually.IsSoAsync(() => receiver.Has("traces", "process silent"), () => "no delivery was tried");
        await Eventually.IsSoAsync(() => receiver.Has("traces", "send silent", "fetch silent"), () => "nothing was produced or read");
        await host.Process.TerminateAsync();
        var (_, error) = await host.Process.EndAsync();

        var told = receiver.Received("traces") + receiver.Received("metrics") + receiver.Received("logs") + error + await host.Process.OutputAsync();
        Assert.Contains("attempt 1 failed", told, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, told, StringComparison.Ordinal);
        Assert.DoesNotContain(CanarySecret, told, StringComparison.Ordinal);
        Assert.DoesNotContain("AccountKey", told, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Eby8vdM02xNOcqFl", told, StringComparison.Ordinal);
    }

    // A part of the requests to storage fails, and so a part of ours.
    private static async Task MadeAsync(ShowHost host, string method, string path, string body) => await Eventually.SeesAsync(
        () => host.Client.SendAsync(method, path, body, ContentTypes.Plain),
        answer => answer.Status is 200 or 201 || answer.Text.Contains("exists", StringComparison.Ordinal), answer => answer.Text);

    private static IEnumerable<string> Bodies =>
    [
        .. Enumerable.Range(0, 30).Select(n =>
            $$"""{"records":[{"key":"{{Canary}}{{n}}","value":["{{Canary}}"],"headers":[{"key":"{{Canary}}","value":"{{Convert.ToBase64String(Encoding(Canary))}}"}]}]}"""),
        $"{{\"records\":[{{\"value\":\"{Canary}",
        $$"""{"{{Canary}}":1}""",
        $$"""{"records":[{"value":1,"partition":"{{Canary}}"}]}""",
    ];

    private static byte[] Encoding(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private async Task<ShowHost> StartAsync(OtlpReceiver receiver, params (string Name, string Value)[] more)
    {
        var settings = new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_SERVICE_NAME"] = "log-of-tests",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
            ["OTEL_BLRP_SCHEDULE_DELAY"] = "200",
        };
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        return await ShowHost.OnAsync(await azurite.ConnectionStringAsync(), settings);
    }
}
