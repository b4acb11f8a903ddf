using System.Text;
using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Records;
using Serverless.Core.Topics;
using Serverless.Simulation.Engine;
using Serverless.Simulation.World;

namespace Serverless.Simulation.Workload;

/// <summary>Reads with a group, and writes each record once to another topic, in transactions with the group's offsets (KIP-447).</summary>
/// <remarks>Whatever it does not know for certain it gives up: with a new consumer instance it begins where the group is.</remarks>
internal sealed class Copier(Cluster cluster, Client client, CopyShape shape, Func<bool> isOver)
{
    public const string Group = "copiers";

    private readonly Random _random = client.Random;
    private readonly TransactionProgram _program = new(cluster, client, client.Name, shape.TransactionTimeout);
    private int _instances;
    private int _copies;

    public async Task RunAsync()
    {
        while (!isOver())
        {
            var consumer = $"{client.Name}-{++_instances}";
            if (await JoinAsync(consumer))
            {
                await CopyAsync(consumer);
            }

            await client.PauseAsync(_random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(5)));
        }
    }

    private async Task<bool> JoinAsync(string consumer)
    {
        var settings = new ConsumerSettings
        {
            AutoOffsetReset = AutoOffsetReset.Earliest,
            AutoCommit = false,
            DeliveryMode = DeliveryMode.ExactlyOnce,
            IsolationLevel = IsolationLevel.ReadCommitted,
            SessionTimeout = shape.SessionTimeout,
            InstanceTimeout = shape.SessionTimeout,
        };
        var created = await client.CallAsync(
            client.AnyInstance(), $"join {consumer}",
            (at, token) => at.Groups.CreateInstanceAsync(Group, consumer, settings, replace: false, requestId: null, token), again: true);
        if (created is not { Outcome: Audit.Outcome.Ok, Value.Error: ErrorCode.None })
        {
            return false;
        }

        var subscribed = await client.CallAsync(
            client.AnyInstance(), $"subscribe {consumer}",
            (at, token) => at.Groups.SubscribeAsync(Group, consumer, new Subscription([CopyRun.In], null), token), again: true);
        return subscribed is { Outcome: Audit.Outcome.Ok, Value.Error: ErrorCode.None };
    }

    private async Task CopyAsync(string consumer)
    {
        while (!isOver())
        {
            var request = new PollRequest
            {
                Wait = _random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(3)),
                MaxRecords = shape.RecordsAPoll,
                Showable = (in Record _) => true,
            };
            var polled = await client.CallAsync(
                client.AnyInstance(), $"poll {consumer}", (at, token) => at.Groups.PollAsync(Group, consumer, request, token), again: true);
            if (polled is not { Outcome: Audit.Outcome.Ok, Value.Error: ErrorCode.None })
            {
                return;
            }

            if (polled.Value.Slices.Count > 0 && !await CopyAsync(consumer, polled.Value.Slices))
            {
                return;
            }

            if (_random.Chance(shape.Pauses))
            {
                await client.PauseAsync(_random.Between(TimeSpan.Zero, shape.SessionTimeout * 1.5));
            }
        }
    }

    private async Task<bool> CopyAsync(string consumer, IReadOnlyList<PolledSlice> slices)
    {
        var target = await client.CallAsync(
            client.AnyInstance(), "find the target", (at, token) => at.Topics.FindAsync(CopyRun.Out, token), again: true);
        if (target is not { Outcome: Audit.Outcome.Ok, Value: { } topic } || !await _program.BeginAsync())
        {
            return false;
        }

        var good = true;
        foreach (var slice in slices)
        {
            good = good && await SendAsync(topic, ValuesOf(slice));
        }

        // Some pause with all in hand, longer than a session or a transaction lasts.
        if (_random.Chance(shape.Pauses))
        {
            await client.PauseAsync(_random.Between(TimeSpan.Zero, shape.TransactionTimeout * 1.5));
        }

        good = good && await _program.AddOffsetsAsync(
            Group, consumer, [.. slices.Select(slice => new GroupOffset(slice.At, slice.ToOffset))]);
        return await _program.EndAsync(good && !_random.Chance(0.1)) == true;
    }

    private async Task<bool> SendAsync(Topic topic, List<string> values)
    {
        var copy = ++_copies;
        for (var from = 0; from < values.Count;)
        {
            var some = values.Skip(from).Take(_random.Next(1, 6)).ToList();
            if (!await _program.SendAsync(
                topic, _random.Next(topic.Partitions), index => $"{some[index]}|{client.Name}.{copy}", some.Count))
            {
                return false;
            }

            from += some.Count;
        }

        return true;
    }

    private static List<string> ValuesOf(PolledSlice slice)
    {
        var values = new List<string>();
        var walk = new RecordBatchReader(slice.Batches.Span);
        while (walk.TryRead(out var header, out var batch))
        {
            if (header.IsControl)
            {
                continue;
            }

            using var records = RecordReader.Open(batch);
            while (records.TryRead(out var record))
            {
                if (record.Offset >= slice.FromOffset && record.Offset < slice.ToOffset)
                {
                    values.Add(Encoding.UTF8.GetString(record.Value));
                }
            }
        }

        return values;
    }
}

/// <summary>How a seed copies.</summary>
internal sealed record CopyShape
{
    public required int Copiers { get; init; }

    public required int Inputs { get; init; }

    public required int RecordsAPoll { get; init; }

    public required TimeSpan SessionTimeout { get; init; }

    public required TimeSpan TransactionTimeout { get; init; }

    /// <summary>How often a copier stops in the middle.</summary>
    public required double Pauses { get; init; }

    public static CopyShape Draw(Random shape) => new()
    {
        Copiers = shape.Next(1, 4),
        Inputs = shape.Next(10, 60),
        RecordsAPoll = shape.Next(1, 30),
        SessionTimeout = TimeSpan.FromSeconds(shape.LogUniform(6, 60)),
        TransactionTimeout = TimeSpan.FromSeconds(shape.LogUniform(5, 90)),
        Pauses = shape.Chance(0.5) ? 0 : shape.LogUniform(0.01, 0.2),
    };
}
