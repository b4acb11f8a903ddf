using System.Text.Json;

namespace Serverless.ExactlyOnceCopy;

/// <summary>Our transactions, one after the other. Each step names the epoch of its own, and so never touches another.</summary>
internal sealed class Transactions(LogClient client, CopyOptions options)
{
    private readonly string _id = $"/transactions/{Uri.EscapeDataString(options.TransactionalId)}";
    private string _instance = "";
    private short? _epoch;

    /// <summary>The name of this incarnation: no other has it, before or after.</summary>
    public string Instance { get; private set; } = "";

    /// <summary>Takes the transactional id: whoever had it before is fenced, and what was open is decided when this returns.</summary>
    public async Task InitAsync(CancellationToken cancellationToken)
    {
        var settings = new Dictionary<string, object> { ["transaction.timeout.ms"] = options.TimeoutMs };
        var answer = await client.SendAsync(HttpMethod.Post, _id, settings, cancellationToken);
        Instance = answer.Body.GetProperty("instance_id").GetString()!;
        _instance = $"{_id}/instances/{Uri.EscapeDataString(Instance)}";
        _epoch = answer.Body.GetProperty("producer_epoch").GetInt16();
    }

    /// <summary>Opens a transaction. Asked again it is the same one, as long as it is empty.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken) =>
        _epoch = (await client.SendAsync(HttpMethod.Post, $"{_instance}/begin", null, cancellationToken)).Epoch;

    /// <summary>Adds records, all or none. Once only: repeated, they would be there twice. Where the reply is lost, the transaction is.</summary>
    public async Task AddAsync(IEnumerable<object> records, CancellationToken cancellationToken)
    {
        var answer = await client.SendOnceAsync(
            HttpMethod.Post, Step($"topics/{Uri.EscapeDataString(options.Target)}"), new { records }, cancellationToken, LogClient.Json);
        foreach (var outcome in answer.Body.GetProperty("offsets").EnumerateArray())
        {
            if (outcome.GetProperty("error_code").ValueKind != JsonValueKind.Null)
            {
                // 200 says that one of them was stored.
                throw new OutcomeUnknownException(outcome.GetRawText());
            }
        }
    }

    /// <summary>Adds where the group is to go on. The log takes it only if our consumer has the partitions still.</summary>
    public Task AddOffsetsAsync(string consumer, IEnumerable<SourceRecord> read, CancellationToken cancellationToken)
    {
        var last = read.GroupBy(record => (record.Topic, record.Partition))
            .Select(of => new { topic = of.Key.Topic, partition = of.Key.Partition, offset = of.Max(record => record.Offset) });
        return client.SendAsync(
            HttpMethod.Post, Step("offsets"), new { group = options.Group, instance = consumer, offsets = last }, cancellationToken);
    }

    /// <summary>Commits, and asks until it is known: a repetition is answered with what has happened.</summary>
    public Task CommitAsync(CancellationToken cancellationToken) =>
        client.SendAsync(HttpMethod.Post, Step("commit"), null, cancellationToken);

    public Task AbortAsync(CancellationToken cancellationToken) =>
        client.SendAsync(HttpMethod.Post, Step("abort"), null, cancellationToken);

    /// <summary>Whether another process has the transactional id.</summary>
    public async Task<bool> IsFencedAsync(CancellationToken cancellationToken) =>
        (await client.SendAsync(HttpMethod.Get, _instance, null, cancellationToken)).Body.GetProperty("state").GetString() == "fenced";

    public Task CloseAsync(CancellationToken cancellationToken) =>
        client.SendAsync(HttpMethod.Delete, _instance, null, cancellationToken);

    private string Step(string step) => $"{_instance}/{step}" + (_epoch is { } epoch ? $"?producer_epoch={epoch}" : "");
}
