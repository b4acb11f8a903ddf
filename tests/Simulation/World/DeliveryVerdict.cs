using System.Globalization;
using System.Text;
using Serverless.Core;
using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Workload;

namespace Serverless.Simulation.World;

/// <summary>What a delivery has done in the end, as whoever reads the topics and rows finds it.</summary>
internal sealed class DeliveryVerdict(
    Cluster cluster, DeliveryShape shape, DeliveryAudit audit, Client client, IReadOnlyList<DeliveredLog> all)
{
    /// <param name="decideAll">Ends what is undecided in any log, so that all can be read.</param>
    public async Task CheckAsync(Func<Task> decideAll)
    {
        foreach (var log in all)
        {
            for (var offset = log.Start; offset < log.Log.End; offset++)
            {
                Guarantee.Holds(log.IsDone(offset), "D1", $"{log.At}: {offset} is committed, and never came to the target.");
            }
        }

        await LagsAsync();
        await decideAll();
        var letters = await ReadAsync(DeliveryAudit.Letters);
        var copies = await ReadAsync(DeliveryAudit.Copies);
        Letters(letters);
        Copies(copies);
        Counts();
    }

    private async Task LagsAsync()
    {
        var lags = await client.CallAsync(
            client.AnyInstance(), "lags", (at, token) => at.Groups.LagsAsync(DeliveryOperator.Group, token));
        foreach (var lag in lags.Value ?? [])
        {
            Guarantee.Holds(lag.Lag == 0, "D7", $"{lag.At} lags by {lag.Lag}.");
        }
    }

    // What a fresh instance gives to readers of committed records.
    private async Task<List<(DeliveredRecord Record, int Partition)>> ReadAsync(string name)
    {
        var found = new List<(DeliveredRecord, int)>();
        var (topic, instance) = (cluster.Audit.Topics.Find(name)!, cluster.Born(slot: -1));
        for (var partition = 0; partition < topic.Partitions; partition++)
        {
            var log = cluster.Audit.Of(topic.Id, partition);
            for (var offset = log.Start; offset < log.End;)
            {
                var (at, from) = (new TopicPartition(name, partition), offset);
                var reply = await client.CallAsync(
                    instance, $"fetch {at} @{offset}",
                    (one, token) => one.Logs.FetchAsync(topic, at.Partition, from, 20_000, IsolationLevel.ReadCommitted, token));
                Guarantee.Holds(reply.Value.Error == ErrorCode.None && reply.Value.NextOffset > offset, "T9", $"{at} cannot be read at {offset}.");
                FetchCheck.Committed(log, offset, reply.Value);
                offset = reply.Value.NextOffset;
                found.AddRange(DeliveredRecord.Of(new PolledSlice(at, reply.Value.Batches, from, offset)).Select(record => (record, at.Partition)));
            }
        }

        return found;
    }

    private void Letters(List<(DeliveredRecord Record, int Partition)> letters)
    {
        var seen = new HashSet<(TopicPartition, long)>();
        foreach (var (letter, _) in letters)
        {
            var (log, offset) = Origin(letter);
            Guarantee.Holds(seen.Add((log.At, offset)), "D5", $"{log.At}: {offset} is there as two dead letters.");
            var range = log.Ranges.First(range => range.First <= offset && offset < range.Next);
            var attempts = Number(letter, DeadLetters.Attempts);
            Guarantee.Holds(
                (DeadLetters.OriginOf(letter, DeliveryOperator.Group), Number(letter, DeadLetters.Offset), Header(letter, DeadLetters.Group))
                == (log.At, offset, DeliveryOperator.Group), "D5", $"{log.At}: the dead letter of {offset} says that it is another.");
            Guarantee.Holds(
                Number(letter, DeadLetters.Timestamp) == log.Log.Records[(int)offset].TimestampMs && Header(letter, DeadLetters.Error).Length > 0
                && attempts >= 1 && attempts <= range.Failures, "D5",
                $"{log.At}: the dead letter of {offset} tells of {attempts} attempts, and {range.Failures} failed.");
            Guarantee.Holds(
                letter.Headers.Count(header => header.Key == "kind") == (DeliveryInputs.IsPlain(ValueOf(letter)) ? 1 : 0), "D5",
                $"{log.At}: the dead letter of {offset} has other headers than its record.");
        }

        Guarantee.Holds(
            shape.Target == TargetKind.Topic || all.All(log => Offsets(log).All(offset => log.HadEffect(offset) || seen.Contains((log.At, offset)))),
            "D5", "Something had no effect, and is no dead letter.");
    }

    private void Copies(List<(DeliveredRecord Record, int Partition)> copies)
    {
        var last = new Dictionary<(TopicPartition From, int To), long>();
        var seen = new HashSet<(TopicPartition, long)>();
        foreach (var (copy, partition) in copies)
        {
            var (log, offset) = Origin(copy);
            Guarantee.Holds(seen.Add((log.At, offset)), "D4", $"{log.At}: {offset} is copied twice.");
            Guarantee.Holds(audit.IsCopied!(ValueOf(copy)), "D4", $"{log.At}: {offset} has not the headers, and is copied.");
            Guarantee.Holds(
                last.GetValueOrDefault((log.At, partition), -1) < offset, "D4",
                $"{log.At}: {offset} is copied to partition {partition} behind {last.GetValueOrDefault((log.At, partition))}.");
            last[(log.At, partition)] = offset;
        }

        Guarantee.Holds(
            audit.IsCopied is null || all.All(log => Offsets(log).All(offset =>
                seen.Contains((log.At, offset)) || !audit.IsCopied(log.Log.Records[(int)offset].Value))),
            "D4", "Something was not copied.");
    }

    // What rows of the group say that its handler has handled is what had its effect.
    private void Counts()
    {
        if (shape.Target != TargetKind.Handler)
        {
            return;
        }

        var sum = 0L;
        foreach (var log in all)
        {
            var (count, effects) = (
                audit.CountOf(Receiver.RowOf(log.At)), Enumerable.Range(0, (int)log.Log.End).Count(offset => log.HadEffect(offset)));
            Guarantee.Holds(count == effects, "D4", $"{log.At}: {count} are counted, and {effects} were handled.");
            sum += count;
        }

        Guarantee.Holds(
            !shape.HasTotal || audit.CountOf(Receiver.Total) == sum, "D4", $"{audit.CountOf(Receiver.Total)} are counted of all, and {sum} of each.");
    }

    // Those that are to have come to the target: committed, and not gone by retention.
    private static IEnumerable<long> Offsets(DeliveredLog log)
    {
        for (var offset = Math.Max(log.Start, log.Log.Start); offset < log.Log.End; offset++)
        {
            if (log.Log.IsCommitted(offset))
            {
                yield return offset;
            }
        }
    }

    private (DeliveredLog Log, long Offset) Origin(DeliveredRecord record)
    {
        var send = cluster.Audit.SendOf(ValueOf(record))!;
        var log = all.First(log => (log.TopicId, log.At.Partition) == (send.TopicId, send.Partition));
        return (log, send.At + send.Values.ToList().IndexOf(ValueOf(record)));
    }

    private static string ValueOf(DeliveredRecord record) => Encoding.UTF8.GetString(record.Value!.Value.Span);

    private static string Header(DeliveredRecord record, string name) =>
        Encoding.UTF8.GetString(record.Headers.Single(header => header.Key == name).Value!.Value.Span);

    private static long Number(DeliveredRecord record, string name) => long.Parse(Header(record, name), CultureInfo.InvariantCulture);
}
