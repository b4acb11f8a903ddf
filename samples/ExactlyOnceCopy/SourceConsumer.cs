using System.Text.Json;

namespace Serverless.ExactlyOnceCopy;

/// <summary>A record of the source, as the log gives it.</summary>
internal sealed record SourceRecord(string Topic, int Partition, long Offset, JsonElement Key, JsonElement Value);

/// <summary>Our member of the group: it reads what is committed, and commits nothing by itself.</summary>
/// <remarks>
/// Two names. The group knows us by the transactional id, as a static member: started again, we have our partitions at once. But the
/// instance has a name that no process before had. Were it the same, one that was given up too early, and still polls, would move our
/// positions: what it was given would be missing here. So it is told that its own instance has gone.
/// </remarks>
internal sealed class SourceConsumer(LogClient client, CopyOptions options)
{
    private readonly string _group = $"/consumers/{Uri.EscapeDataString(options.Group)}";
    private string _path = "";

    /// <summary>The instance's name.</summary>
    public string Name { get; private set; } = "";

    /// <param name="name">One that is ours alone.</param>
    public async Task JoinAsync(string name, CancellationToken cancellationToken)
    {
        (Name, _path) = (name, $"{_group}/instances/{Uri.EscapeDataString(name)}");
        var settings = new Dictionary<string, object>
        {
            ["name"] = name,
            ["group.instance.id"] = options.TransactionalId,
            ["session.timeout.ms"] = options.SessionMs,
            ["format"] = "json",
            ["auto.offset.reset"] = "earliest",
            ["delivery.mode"] = "exactly_once",
            ["replace"] = true,
        };
        await client.SendAsync(HttpMethod.Post, _group, settings, cancellationToken);
        await client.SendAsync(HttpMethod.Post, $"{_path}/subscription", new { topics = new[] { options.Source } }, cancellationToken);
    }

    /// <summary>The next records. It moves on by delivering them: where the reply is lost, <see cref="RewindAsync"/> goes back.</summary>
    public async Task<IReadOnlyList<SourceRecord>> PollAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        var answer = await client.SendOnceAsync(
            HttpMethod.Get, $"{_path}/records?timeout={wait.TotalMilliseconds:F0}&max_records={options.Batch}", null, cancellationToken);
        return
        [
            .. answer.Body.EnumerateArray().Select(record => new SourceRecord(
                record.GetProperty("topic").GetString()!, record.GetProperty("partition").GetInt32(),
                record.GetProperty("offset").GetInt64(), record.GetProperty("key").Clone(), record.GetProperty("value").Clone())),
        ];
    }

    /// <summary>Goes back to where the group is: what was read since is read again.</summary>
    public async Task RewindAsync(CancellationToken cancellationToken)
    {
        var assignment = await client.SendAsync(HttpMethod.Get, $"{_path}/assignments", null, cancellationToken);
        var assigned = assignment.Body.GetProperty("partitions").EnumerateArray().Select(PlaceOf).ToHashSet();
        if (assigned.Count == 0)
        {
            return;
        }

        var committed = await client.SendAsync(HttpMethod.Get, $"{_path}/offsets", null, cancellationToken);
        var offsets = committed.Body.GetProperty("offsets").EnumerateArray()
            .Select(one => (At: PlaceOf(one), Offset: one.GetProperty("offset").GetInt64()))
            .Where(one => assigned.Remove(one.At)).ToList();
        if (offsets.Count > 0)
        {
            await client.SendAsync(
                HttpMethod.Post, $"{_path}/positions",
                new { offsets = offsets.Select(one => new { topic = one.At.Topic, partition = one.At.Partition, offset = one.Offset }) },
                cancellationToken);
        }

        if (assigned.Count > 0)
        {
            // Nobody has committed anything of these.
            await client.SendAsync(
                HttpMethod.Post, $"{_path}/positions/beginning",
                new { partitions = assigned.Select(at => new { topic = at.Topic, partition = at.Partition }) }, cancellationToken);
        }
    }

    public Task LeaveAsync(CancellationToken cancellationToken) =>
        client.SendAsync(HttpMethod.Delete, _path, null, cancellationToken);

    private static (string Topic, int Partition) PlaceOf(JsonElement json) =>
        (json.GetProperty("topic").GetString()!, json.GetProperty("partition").GetInt32());
}
