using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Topics;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Storage;
using Serverless.Simulation.Workload;

namespace Serverless.Simulation.World;

/// <summary>How big and how wild the world of one seed is.</summary>
internal sealed record SeedShape
{
    public required int Instances { get; init; }

    public required int Producers { get; init; }

    public required int Readers { get; init; }

    public required int SendsEach { get; init; }

    /// <summary>A client's pause between two operations, at most.</summary>
    public required TimeSpan ThinkMax { get; init; }

    public required LogOptions Options { get; init; }

    public required Latency Latency { get; init; }

    public required FaultRates Rates { get; init; }

    /// <summary>How far an instance's wall clock may be off, and by how much it may jump.</summary>
    public required TimeSpan SkewMax { get; init; }

    public required TimeSpan JumpMax { get; init; }

    /// <summary>How often something befalls whole instances, besides what befalls their calls; zero is never.</summary>
    public required TimeSpan NemesisEvery { get; init; }

    public required bool TopicsComeAndGo { get; init; }

    public required IReadOnlyList<GroupShape> Groups { get; init; }

    /// <summary>Consumers of all groups together.</summary>
    public required int Members { get; init; }

    public required GroupOptions GroupOptions { get; init; }

    public static SeedShape Draw(Random shape)
    {
        var checkpoint = (int)shape.LogUniform(700, 8_000);
        var removal = TimeSpan.FromSeconds(shape.LogUniform(3, 300));
        var skewed = shape.Chance(0.6);
        return new SeedShape
        {
            Instances = shape.Next(2, 6),
            Producers = shape.Next(2, 6),
            Readers = shape.Next(1, 4),
            SendsEach = shape.Next(15, 60),
            ThinkMax = TimeSpan.FromSeconds(shape.LogUniform(0.3, 15)),
            Options = new LogOptions
            {
                SegmentBlocksRoll = shape.Next(2, 51),
                BlockBytesMax = 256 + shape.Next(400, 3_000),
                CheckpointBytes = checkpoint + 3_300,
                TailCacheBytes = shape.Chance(0.3) ? 0 : shape.Next(200, 10_000),
                CacheBytesTotal = shape.Chance(0.5) ? 1_000 : 1_000_000,
                OpenLogsMax = shape.Chance(0.3) ? 1 : 100,
                ReadBytes = shape.Next(100, 5_000),
                AttemptsMax = shape.Chance(0.3) ? 3 : 40,
                SettleTime = TimeSpan.FromSeconds(shape.LogUniform(1, 120)),
                RemovalDelay = removal,
                StartAgeMax = removal / 3,
                QueueBytesMax = shape.Chance(0.2) ? 5_000 : 1_000_000,
            },
            Latency = Latency.Some(shape),
            Rates = FaultRates.Draw(shape),
            SkewMax = skewed ? TimeSpan.FromMinutes(10) : TimeSpan.Zero,
            JumpMax = skewed ? TimeSpan.FromHours(1) : TimeSpan.Zero,
            NemesisEvery = shape.Chance(0.6) ? TimeSpan.FromSeconds(shape.LogUniform(5, 120)) : TimeSpan.Zero,
            TopicsComeAndGo = shape.Chance(0.6),
            Groups = [.. Enumerable.Range(0, shape.Next(1, 3)).Select(number => GroupShape.Draw($"group{number}", shape))],
            Members = shape.Next(0, 7),
            GroupOptions = new GroupOptions { CacheAgeMax = TimeSpan.FromSeconds(shape.Chance(0.3) ? 0 : 5) },
        };
    }

    /// <summary>Settings of a topic that make segments end and records go within minutes. The tag is in <c>segment.ms</c>.</summary>
    public static Dictionary<string, string?> Settings(Random workload, string tag)
    {
        var settings = new Dictionary<string, string?>
        {
            [TopicSetting.SegmentMs.Name] = tag,
            [TopicSetting.SegmentBytes.Name] = $"{(int)workload.LogUniform(300, 20_000)}",
            [TopicSetting.RetentionMs.Name] = workload.Chance(0.6) ? $"{(int)workload.LogUniform(5_000, 300_000)}" : "-1",
        };
        if (workload.Chance(0.3))
        {
            settings[TopicSetting.RetentionBytes.Name] = $"{(int)workload.LogUniform(300, 5_000)}";
        }

        return settings;
    }
}
