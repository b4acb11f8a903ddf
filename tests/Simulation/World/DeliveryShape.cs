using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Engine;

namespace Serverless.Simulation.World;

internal enum TargetKind
{
    Webhook,
    Handler,
    Topic,
}

/// <summary>How a seed delivers: to what, how that behaves, and how long everything may take.</summary>
internal sealed record DeliveryShape
{
    public const string Handler = "count";
    public const int WorkersMax = 4;

    private static readonly TimeSpan LingerMax = TimeSpan.FromSeconds(10);

    public required TargetKind Target { get; init; }

    public required int Topics { get; init; }

    public required int Inputs { get; init; }

    public required TimeSpan ThinkMax { get; init; }

    public required bool HasPattern { get; init; }

    /// <summary>Whether records go before their time, as retention sees to it.</summary>
    public required bool Retains { get; init; }

    public required bool Widens { get; init; }

    public required bool StartsAtEnd { get; init; }

    /// <summary>Whether what fails too often goes to a topic of its own.</summary>
    public required bool Buries { get; init; }

    /// <summary>Only records with a header are copied.</summary>
    public required bool Filters { get; init; }

    /// <summary>Handlers have a row that all partitions change.</summary>
    public required bool HasTotal { get; init; }

    public required ReceiverRates Rates { get; init; }

    public required DeliveryOptions Options { get; init; }

    /// <summary>How often a call to start a worker goes astray, or comes twice.</summary>
    public required double Astray { get; init; }

    public required double Twice { get; init; }

    /// <summary>How often a process is told to end while a worker works.</summary>
    public required double Stops { get; init; }

    /// <summary>What settings are made of those that were drawn; as they are where this is null.</summary>
    public Func<DeliverySettings, DeliverySettings>? Fixed { get; init; }

    public static DeliveryShape Draw(Random shape)
    {
        // A slice that is over before its worker can tell that there is nothing to do, or that a batch has waited long enough, would
        // be followed by another, for ever.
        var idle = TimeSpan.FromSeconds(shape.LogUniform(2, 15));
        var drawn = Draw(shape, idle, slice: idle + LingerMax + TimeSpan.FromSeconds(shape.LogUniform(3, 80)));

        // So few that partitions wait for their turns, and each of the numbers is drawn.
        return drawn with { Options = drawn.Options with { PartitionsAtOnceMax = drawn.Options.PartitionsPerWorker } };
    }

    private static DeliveryShape Draw(Random shape, TimeSpan idle, TimeSpan slice) => new()
    {
        Target = shape.Next(10) switch { < 5 => TargetKind.Webhook, < 7 => TargetKind.Handler, _ => TargetKind.Topic },
        Topics = shape.Next(1, 3),
        Inputs = shape.Next(15, 100),
        ThinkMax = TimeSpan.FromSeconds(shape.LogUniform(1, 20)),
        HasPattern = shape.Chance(0.3),
        Retains = shape.Chance(0.3),
        Widens = shape.Chance(0.3),
        StartsAtEnd = shape.Chance(0.25),
        Buries = shape.Chance(0.6),
        Filters = shape.Chance(0.4),
        HasTotal = shape.Chance(0.3),
        Rates = ReceiverRates.Draw(shape),
        Options = new DeliveryOptions
        {
            Slice = slice,
            IdleMax = idle,
            SessionTimeout = TimeSpan.FromSeconds(shape.LogUniform(6, 60)),
            HeartbeatInterval = TimeSpan.FromSeconds(shape.LogUniform(0.5, 4)),
            SettingsAgeMax = TimeSpan.FromSeconds(shape.LogUniform(1, 10)),
            PartitionsPerWorker = shape.Next(1, 5),
            TroublePause = TimeSpan.FromSeconds(shape.LogUniform(0.3, 4)),
            TransactionTimeout = TimeSpan.FromSeconds(shape.LogUniform(5, 40)),
        },
        Astray = shape.Chance(0.5) ? 0 : shape.LogUniform(0.01, 0.3),
        Twice = shape.Chance(0.4) ? 0 : shape.LogUniform(0.02, 0.5),
        Stops = shape.Chance(0.6) ? 0 : shape.LogUniform(0.01, 0.2),
    };

    /// <summary>Settings, as somebody may make or change them.</summary>
    public DeliverySettings Settings(Random workload, IReadOnlyList<string> topics)
    {
        var backoff = TimeSpan.FromSeconds(workload.LogUniform(0.1, 3));
        var byTime = workload.Chance(0.3);
        var buries = Buries && Target != TargetKind.Topic;
        var settings = new DeliverySettings(
            HasPattern ? new Subscription(null, "in[0-9]") : new Subscription(topics, null),
            Target switch
            {
                TargetKind.Webhook => new DeliveryTarget.Webhook(new Uri("https://example.org/"), WebhookBody.Records, RecordFormat.Json),
                TargetKind.Handler => new DeliveryTarget.Handler(Handler),
                _ => new DeliveryTarget.Topic(
                    DeliveryAudit.Copies, Filters ? new Dictionary<string, string> { ["kind"] = "a" } : new Dictionary<string, string>()),
            })
        {
            RecordsMax = workload.Chance(0.3) ? 1 : (int)workload.LogUniform(1, 30),
            BytesMax = workload.Chance(0.3) ? (int)workload.LogUniform(10, 3_000) : 1_000_000,
            Linger = workload.Chance(0.6) ? TimeSpan.Zero : TimeSpan.FromSeconds(workload.LogUniform(0.05, LingerMax.TotalSeconds)),
            Retry = new RetryPolicy
            {
                BackoffMin = backoff,
                BackoffMax = backoff * workload.Next(1, 8),
                AttemptsMax = buries && !byTime ? workload.Next(1, 5) : null,
                TimeMax = buries && byTime ? TimeSpan.FromSeconds(workload.LogUniform(1, 60)) : null,
            },
            DeadLetterTopic = buries ? DeliveryAudit.Letters : null,
            WorkersMax = workload.Next(1, WorkersMax + 1),
            Start = StartsAtEnd ? DeliveryStart.Latest : DeliveryStart.Earliest,
        };
        return Fixed?.Invoke(settings) ?? settings;
    }
}

/// <summary>How often a target does what to a batch; what is left is well done.</summary>
internal sealed record ReceiverRates
{
    /// <summary>Says that it failed, and did nothing.</summary>
    public required double Refuses { get; init; }

    /// <summary>Says that it failed, and did it all the same.</summary>
    public required double Lies { get; init; }

    /// <summary>The sender gives up first; seconds to minutes later it is done all the same.</summary>
    public required double Late { get; init; }

    /// <summary>Takes seconds to minutes.</summary>
    public required double Stalls { get; init; }

    /// <summary>The sender's process dies behind the effect.</summary>
    public required double Kills { get; init; }

    /// <summary>Wants no more.</summary>
    public required double Gone { get; init; }

    /// <summary>Records that it never can do anything with, of a thousand.</summary>
    public required int Poison { get; init; }

    /// <summary>How often it is down for a while.</summary>
    public required double Down { get; init; }

    public static ReceiverRates Draw(Random shape)
    {
        double Some(double most) => shape.Chance(0.5) ? shape.LogUniform(0.005, most) : 0;
        return new()
        {
            Refuses = Some(0.3),
            Lies = Some(0.2),
            Late = Some(0.1),
            Stalls = Some(0.1),
            Kills = Some(0.03),
            Gone = Some(0.03),
            Poison = shape.Chance(0.5) ? 0 : shape.Next(5, 60),
            Down = Some(0.02),
        };
    }
}
