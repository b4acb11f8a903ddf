using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serverless.Functions.Access;
using Xunit;

namespace Serverless.Edge.Access;

/// <summary>Who changed what is written down, with the request's id, and without any secret.</summary>
public sealed class AuditTests
{
    private const string Cluster = "/v3/clusters/serverless";
    private const string Plain = "application/json";

    private readonly Kept _log = new();
    private readonly AccessHost _host;

    public AuditTests() => _host = new AccessHost(configure: services => services.AddSingleton<ILogger<AuditLog>>(_log));

    [Fact]
    public async Task Each_change_is_one_line()
    {
        await SendAsync("POST", $"{Cluster}/topics", """{"topic_name":"made","partitions_count":2}""");
        await SendAsync("PATCH", $"{Cluster}/topics/made", """{"partitions_count":3}""");
        await SendAsync("PUT", $"{Cluster}/topics/made/configs/retention.ms", """{"value":"1000"}""");
        await SendAsync("POST", $"{Cluster}/topics/made/configs:alter", """{"data":[{"name":"segment.ms","value":"9999999"},{"name":"retention.ms","value":"1"}]}""");
        await SendAsync("DELETE", $"{Cluster}/topics/made/configs/retention.ms");
        await SendAsync("DELETE", $"{Cluster}/topics/made");
        _host.Edge.Groups.Offsets = [new(new("orders", 0), 2)];
        await SendAsync("POST", "/consumers/g/offsets", """{"offsets":[{"topic":"orders","partition":0,"offset":1}]}""");
        await SendAsync("DELETE", $"{Cluster}/consumer-groups/g");
        await SendAsync("POST", $"{Cluster}/transactions/tx/abort");
        await SendAsync(
            "POST", $"{Cluster}/acls",
            """{"resource_type":"TOPIC","resource_name":"x","pattern_type":"PREFIXED","principal":"User:x","operation":"READ","permission":"DENY"}""");
        await SendAsync("DELETE", $"{Cluster}/acls?resource_type=TOPIC");
        await SendAsync(
            "PUT", $"{Cluster}/consumer-groups/h/delivery", """{"topics":["orders"],"start":"earliest","target":{"type":"topic","name":"copies"}}""");
        await SendAsync("PATCH", $"{Cluster}/consumer-groups/h/delivery", """{"paused":true}""");
        await SendAsync("DELETE", $"{Cluster}/consumer-groups/h/delivery");

        const string Acl = "AclBinding { ResourceType = Topic, Name = x, PatternType = Prefixed, Principal = User:x, Operation = Read, Permission = Deny }";
        Assert.Equal(
            [
                ("TopicCreated", "Key:admin created topic made with 2 partitions"),
                ("PartitionsAdded", "Key:admin brought topic made to 3 partitions"),
                ("ConfigsAltered", "Key:admin altered [retention.ms] of topic made"),
                ("ConfigsAltered", "Key:admin altered [segment.ms, retention.ms] of topic made"),
                ("ConfigsAltered", "Key:admin altered [retention.ms] of topic made"),
                ("TopicDeleted", "Key:admin deleted topic made"),
                ("OffsetsReset", "Key:admin reset 1 offsets of group g"),
                ("GroupDeleted", "Key:admin deleted group g"),
                ("TransactionAborted", "Key:admin aborted what transactional id tx had open"),
                ("AclCreated", $"Key:admin created the ACL {Acl}"),
                ("AclDeleted", $"Key:admin deleted the ACL {Acl}"),
                ("DeliveryChanged", "Key:admin made the delivery of group h"),
                ("DeliveryChanged", "Key:admin paused the delivery of group h"),
                ("DeliveryChanged", "Key:admin deleted the delivery of group h"),
            ],
            _log.Lines.Select(line => (line.Event, line.Text.Replace(" (request id-1).", "", StringComparison.Ordinal))));
        Assert.DoesNotContain(AccessHost.AdminKey, string.Join('\n', _log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_refused_or_only_looked_at_is_no_change()
    {
        await _host.SendAsync("POST", $"{Cluster}/topics", _host.Bearer(), """{"topic_name":"made"}""", Plain);
        await SendAsync("POST", $"{Cluster}/topics", """{"topic_name":"made","validate_only":true}""");
        await SendAsync("POST", $"{Cluster}/topics", """{"topic_name":"orders"}""");
        await SendAsync("DELETE", $"{Cluster}/topics/nowhere");

        Assert.Empty(_log.Lines);
    }

    private async Task SendAsync(string method, string url, string? body = null)
    {
        var type = url.StartsWith("/v3", StringComparison.Ordinal) ? Plain : "application/vnd.kafka.v2+json";
        await _host.Edge.SendAsync(
            method, url, body is null ? null : System.Text.Encoding.UTF8.GetBytes(body),
            ("x-functions-key", AccessHost.AdminKey), ("X-Correlation-Id", "id-1"), ("Content-Type", type));
    }

    private sealed class Kept : ILogger<AuditLog>
    {
        public List<(string? Event, string Text)> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add((eventId.Name, formatter(state, exception)));
    }
}
