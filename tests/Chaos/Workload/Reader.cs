using Serverless.Chaos.History;
using Serverless.Chaos.World;

namespace Serverless.Chaos.Workload;

/// <summary>Reads without a consumer: where logs end, records from an offset or a time on, beyond the end, and the topics themselves.</summary>
internal sealed class Reader(Client client)
{
    private const long FarBeyond = 1_000_000_000;
    private const int BytesMax = 20_000, WholeBytesMax = 500_000, RecordsMax = 5000;

    private readonly Dictionary<At, long> _ends = [];
    private readonly Dictionary<At, long> _times = [];

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var at = client.Random.Pick(Topics.Partitions);
            var end = _ends.GetValueOrDefault(at);
            Task asked = client.Random.Next(20) switch
            {
                < 4 => EndsAsync(at),
                < 12 => ReadAsync(at, client.Random.NextInt64(end + 1), null),
                < 15 => ReadAsync(at, end, null),
                < 17 when _times.TryGetValue(at, out var time) => ReadAsync(at, null, time),
                < 18 => ReadAsync(at, FarBeyond + client.Random.Next(1000), null),
                18 => client.AskAsync(new Request("GET", $"/topics/{at.Topic}"), _ => new Look("topic"), mayRepeat: true),
                _ => client.AskAsync(new Request("GET", $"/topics/{at.Topic}/partitions"), _ => new Look("partitions"), mayRepeat: true),
            };
            await asked;
            await client.PauseAsync(client.Random.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(20)), stop);
        }
    }

    public async Task<(long Begin, long End)?> EndsAsync(At at)
    {
        var (_, operation) = await client.AskAsync(
            new Request("GET", $"/topics/{at.Topic}/partitions/{at.Partition}/offsets"),
            reply => reply.Outcome == Outcome.Ok
                ? new Ends(at, reply.Body.GetProperty("beginning_offset").GetInt64(), reply.Body.GetProperty("end_offset").GetInt64())
                : new Ends(at, -1, -1),
            mayRepeat: true);
        if (operation is not { IsOk: true, Step: Ends ends })
        {
            return null;
        }

        _ends[at] = ends.End;
        return (ends.Begin, ends.End);
    }

    /// <summary>All that a partition holds, asked for until it is had; where a reply has nothing, there is nothing more.</summary>
    /// <exception cref="TimeoutException">It took too long; the message has the last answer.</exception>
    public async Task<IReadOnlyList<Seen>> ReadAllAsync(At at, CancellationToken patience)
    {
        var records = new List<Seen>();
        while (true)
        {
            var next = records.Count == 0 ? 0 : records[^1].Offset + 1;
            var (reply, seen) = await ReadAsync(at, next, null, WholeBytesMax);
            if (reply.Outcome == Outcome.Ok && seen.Count == 0)
            {
                return records;
            }

            records.AddRange(seen);
            if (patience.IsCancellationRequested)
            {
                throw new TimeoutException($"{at} was read up to {next} only; the last answer was {reply}.");
            }
        }
    }

    private async Task<(Reply Reply, IReadOnlyList<Seen> Records)> ReadAsync(At at, long? offset, long? time, int bytesMax = BytesMax)
    {
        var wait = TimeSpan.FromMilliseconds(client.Random.Next(1, 150));
        var from = offset is null ? $"timestamp={time}" : $"offset={offset}";
        var request = new Request(
            "GET",
            $"/topics/{at.Topic}/partitions/{at.Partition}/records?{from}&timeout={wait.TotalMilliseconds:F0}"
                + $"&max_bytes={bytesMax}&max_records={(bytesMax > BytesMax ? RecordsMax : client.Random.Next(1, 60))}",
            Accept: Request.Json);
        var (reply, operation) = await client.AskAsync(
            request, reply => new Read(at, offset, time, Values.Records(reply)), wait, mayRepeat: true);
        var records = ((Read)operation.Step).Records;
        if (records.Count > 0)
        {
            _ends[at] = Math.Max(_ends.GetValueOrDefault(at), records[^1].Offset + 1);
            _times[at] = client.Random.Pick(records).Timestamp;
        }

        return (reply, records);
    }
}
