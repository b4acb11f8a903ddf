using Serverless.Http;
using Serverless.Http.Shows;
using Serverless.Http.Telemetry;

namespace Serverless.Worker;

/// <summary>What the real worker sends of itself, as the standard variables tell it.</summary>
public sealed class TelemetryTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task Traces_metrics_and_logs_arrive_with_the_span_of_the_invocation()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var host = await WorkerFixture.StartHostAsync(
            azurite, ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_SERVICE_NAME", "worker-of-tests"), ("OTEL_METRIC_EXPORT_INTERVAL", "500"), ("OTEL_BSP_SCHEDULE_DELAY", "200"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "200"));
        using var client = new LogClient(host.Address);
        await client.CreateTopicAsync("worker-telemetry", 1);

        await client.ProduceAsync("worker-telemetry", 0, "a");
        (await client.SendAsync("POST", "/transactions/worker-telemetry")).Must(200);

        await Eventually.IsSoAsync(
            () => receiver.Has(
                "traces", "worker-of-tests", "POST /topics/{topic}/partitions/{partition}", "send worker-telemetry", "blob.append", "faas.invocation_id"),
            () => receiver.Received("traces"));
        await Eventually.IsSoAsync(
            () => receiver.Has("metrics", "worker-of-tests", "messaging.client.sent.messages", "serverless.storage.calls", "http.server.request.duration"),
            () => receiver.Received("metrics"));
        await Eventually.IsSoAsync(
            () => receiver.Has("logs", "worker-of-tests", "has the new instance", "CorrelationId"), () => receiver.Received("logs"));
    }

    [Fact]
    public async Task What_clients_send_is_in_no_log_and_no_trace()
    {
        const string Canary = "canary7203";
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var host = await WorkerFixture.StartHostAsync(
            azurite, ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "500"), ("OTEL_BSP_SCHEDULE_DELAY", "200"), ("OTEL_BLRP_SCHEDULE_DELAY", "200"));
        using var client = new LogClient(host.Address);
        await client.CreateTopicAsync("worker-silent", 1);

        (await client.SendAsync("GET", $"/topics?code={Canary}")).Must(400);
        await client.ProduceAsync("worker-silent", 0, Canary);
        (await client.SendAsync("GET", $"/topics/worker-silent/partitions/0/records?offset={Canary}")).Must(400);
        (await client.SendAsync("POST", "/transactions/worker-silent")).Must(200);
        await Eventually.IsSoAsync(() => receiver.Has("logs", "has the new instance"), () => receiver.Received("logs"));
        await Eventually.IsSoAsync(() => receiver.Has("traces", "send worker-silent"), () => receiver.Received("traces"));
        await Eventually.IsSoAsync(() => receiver.Has("metrics", "http.server.request.duration"), () => receiver.Received("metrics"));
        host.Terminate();
        await host.Process.ExitAsync(TimeSpan.FromSeconds(5));

        // What the libraries say of each request has its whole address.
        Assert.DoesNotContain("Request starting", receiver.Received("logs"), StringComparison.Ordinal);
        foreach (var signal in (ReadOnlySpan<string>)["logs", "traces", "metrics"])
        {
            Assert.DoesNotContain(Canary, receiver.Received(signal), StringComparison.Ordinal);
        }
    }
}
