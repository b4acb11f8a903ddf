using System.Globalization;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Rows;

namespace Serverless.Core.Transactions.Rows;

internal static class TransactionRowCodec
{
    public static IReadOnlyDictionary<string, object> Encode(this TransactionRow row)
    {
        var columns = new Dictionary<string, object>
        {
            ["name"] = row.TransactionalId,
            ["producerId"] = row.ProducerId,
            ["producerEpoch"] = (int)row.ProducerEpoch,
            ["instance"] = row.Instance,
            ["standing"] = row.Standing.ToString(),
            ["state"] = row.State.ToString(),
            ["timeoutMs"] = (long)row.Timeout.TotalMilliseconds,
            ["startedAt"] = row.StartedAt.ToUnixTimeMilliseconds(),
            ["touchedAt"] = row.TouchedAt.ToUnixTimeMilliseconds(),
            ["needsNewId"] = row.NeedsNewId,
            ["requests"] = row.Stamps,
        };
        Packed.Put(columns, "outcomes", Packed.Bytes(writer => Packed.WriteList(writer, row.Outcomes, outcome =>
        {
            writer.Write(outcome.ProducerEpoch);
            writer.Write(outcome.Commit);
        })));

        // A topic's name and id once, however many of its partitions there are.
        Packed.Put(columns, "partitions", Packed.Bytes(writer => Packed.WriteList(
            writer, [.. row.Partitions.GroupBy(partition => (partition.TopicId, partition.Topic))], topic =>
            {
                writer.Write(topic.Key.TopicId);
                writer.Write(topic.Key.Topic);
                Packed.WriteList(writer, [.. topic], partition => writer.Write7BitEncodedInt(partition.Partition));
            })));
        Packed.Put(columns, "groups", Packed.Bytes(writer => Packed.WriteList(writer, row.Groups, writer.Write)));
        return columns;
    }

    public static TransactionRow Decode(StoredRow stored)
    {
        var columns = stored.Columns;
        var outcomes = Packed.Open(columns, "outcomes");
        var topics = Packed.Open(columns, "partitions");
        var groups = Packed.Open(columns, "groups");
        return new(
            (string)columns["name"], (long)columns["producerId"],
            Convert.ToInt16(columns["producerEpoch"], CultureInfo.InvariantCulture))
        {
            Instance = (string)columns["instance"],
            Standing = Enum.Parse<InstanceStanding>((string)columns["standing"]),
            State = Enum.Parse<TransactionState>((string)columns["state"]),
            Timeout = TimeSpan.FromMilliseconds((long)columns["timeoutMs"]),
            StartedAt = Moment(columns["startedAt"]),
            TouchedAt = Moment(columns["touchedAt"]),
            NeedsNewId = (bool)columns["needsNewId"],
            Stamps = (string)columns["requests"],
            Outcomes = [.. Packed.ReadList(outcomes, () => new TransactionOutcome(outcomes.ReadInt16(), outcomes.ReadBoolean()))],
            Partitions =
            [
                .. Packed.ReadList(topics, () =>
                {
                    var (id, name) = (topics.ReadString(), topics.ReadString());
                    return Packed.ReadList(topics, topics.Read7BitEncodedInt)
                        .ConvertAll(partition => new RegisteredPartition(id, name, partition));
                }).SelectMany(partitions => partitions),
            ],
            Groups = TransactionRow.Ordinal.Union(Packed.ReadList(groups, groups.ReadString)),
        };
    }

    private static DateTimeOffset Moment(object column) => DateTimeOffset.FromUnixTimeMilliseconds((long)column);
}
