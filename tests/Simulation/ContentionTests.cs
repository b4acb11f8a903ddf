using System.Text;
using Serverless.Core.Log;
using Serverless.Core.Topics;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Bugs;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Storage;
using Serverless.Simulation.Workload;
using Serverless.Simulation.World;
using Xunit;

namespace Serverless.Simulation;

/// <summary>Eight instances append to one partition as fast as they can: without a leader, what does that cost?</summary>
public sealed class ContentionTests(ITestOutputHelper output)
{
    private const int Writers = 8;
    private const int SendsEach = 400;
    private const double AttemptsMax = 1.3;

    [Fact]
    public void Eight_writers_of_one_partition_need_at_most_1_3_attempts_a_block()
    {
        var table = new StringBuilder()
            .AppendLine("| one way, ms | senders a writer | blocks | attempts a block | appends/s | mean ms |")
            .AppendLine("| ---: | ---: | ---: | ---: | ---: | ---: |");
        var worst = 0.0;
        foreach (var (oneWayMs, senders) in
            from ms in new[] { 1.0, 2.5, 5, 10 } from senders in new[] { 1, 4, 16 } select (ms, senders))
        {
            var figures = OwnThread.Run("contention", () => Measure(oneWayMs, senders));
            worst = Math.Max(worst, figures.AttemptsABlock);
            table.AppendLine(
                System.Globalization.CultureInfo.InvariantCulture,
                $"| {oneWayMs} | {senders} | {figures.Blocks:N0} | {figures.AttemptsABlock:F2} | {figures.AppendsASecond:N0} | {figures.MeanMs:N0} |");
        }

        output.WriteLine(table.ToString());
        Assert.True(worst <= AttemptsMax, table.ToString());
    }

    private static Figures Measure(double oneWayMs, int senders)
    {
        var loop = new EventLoop();
        var chance = new Chance(8);
        var shape = SeedShape.Draw(chance.Shape) with
        {
            Instances = Writers,
            Options = new LogOptions(),
            Latency = new Latency(oneWayMs, 0, 0),
            Rates = FaultRates.Never,
            SkewMax = TimeSpan.Zero,
        };
        var cluster = new Cluster(loop, shape, chance, new ScriptedFaults(new Dictionary<int, Fault>()), PlantedBug.None);
        var topics = new TopicNames(["topic0"], changes: false);
        var waited = TimeSpan.Zero;
        loop.RunToEnd("contention", RunAsync, TimeSpan.FromHours(1));
        var log = cluster.Audit.Of(cluster.Audit.Topics.Live.Single().Id, 0);
        var blocks = log.Segments.Sum(segment => segment.Blocks);
        return new Figures(
            blocks,
            (double)cluster.Table.CallsOf(StorageCall.Append) / blocks,
            Writers * SendsEach / loop.Now.TotalSeconds,
            waited.TotalMilliseconds / (Writers * SendsEach));

        async Task RunAsync()
        {
            var admin = NewClient("a0");
            var made = await admin.CallAsync(
                cluster.Slots[0], "create",
                (at, cancellationToken) => at.Topics.CreateAsync("topic0", 1, new Dictionary<string, string?>(), false, cancellationToken));
            await Task.WhenAll(cluster.Slots.SelectMany(instance => Enumerable.Range(0, senders).Select(async sender =>
            {
                var producer = new Sender(cluster, NewClient($"{instance!.Name}.{sender}"), shape, topics);
                for (var sent = 0; sent < SendsEach / senders; sent++)
                {
                    var began = loop.Now;
                    Assert.Equal(Outcome.Ok, await producer.SendAsync(made.Value.Topic!, 0, instance));
                    waited += loop.Now - began;
                }
            })));
        }

        Client NewClient(string name) =>
            new(cluster, new Random(chance.Workload.Next()), name) { Patience = TimeSpan.FromMinutes(1) };
    }

    private readonly record struct Figures(long Blocks, double AttemptsABlock, double AppendsASecond, double MeanMs);
}
