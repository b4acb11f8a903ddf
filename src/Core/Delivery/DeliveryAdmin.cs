using Serverless.Core.Groups;
using Serverless.Core.Topics;

namespace Serverless.Core.Delivery;

/// <summary>Makes and changes deliveries: checks what they need, and sets where they begin.</summary>
public sealed class DeliveryAdmin(
    Deliveries deliveries, DeliveryTargets targets, IConsumerGroups groups, ITopicCatalog topics, DeliveryOptions options)
{
    private const int ResetsMax = 96;

    /// <summary>
    /// Makes the group's delivery, or replaces its settings. Errors: PolicyViolation (the settings cannot work, see the message),
    /// NonEmptyGroup (a live consumer has a partition whose offset is to be set).
    /// </summary>
    /// <param name="secret">Signs webhooks. Null keeps what there is, and is refused where there is none.</param>
    /// <param name="paused">Null keeps what there is.</param>
    public async ValueTask<GroupAnswer<DeliveryChange>> PutAsync(
        string group, DeliverySettings settings, ReadOnlyMemory<byte>? secret, bool? paused, CancellationToken cancellationToken)
    {
        var former = await deliveries.FindAsync(group, cancellationToken);
        var complaint = DeliveryRules.Complaint(settings) ?? await MissingAsync(settings, cancellationToken);
        if (complaint is null && settings.Target is DeliveryTarget.Webhook && secret is null && former is not { Secret.Length: > 0 })
        {
            complaint = "target.secret is missing: it signs what is sent, so that the receiver knows who it is from.";
        }

        if (complaint is null && former is null && (await deliveries.ListAsync(cancellationToken)).Count >= options.DeliveriesMax)
        {
            complaint = $"There are at most {options.DeliveriesMax} deliveries.";
        }

        if (complaint is not null)
        {
            return new(ErrorCode.PolicyViolation, null, complaint);
        }

        if (await BeginAsync(group, settings, cancellationToken) is { Error: not ErrorCode.None } refused)
        {
            return new(refused.Error, null, refused.Message);
        }

        var (before, now) = await deliveries.ChangeAsync(
            group,
            (stored, servedAt) =>
            {
                var isPaused = paused ?? stored?.Paused ?? false;
                var signs = settings.Target is DeliveryTarget.Webhook ? secret ?? stored?.Secret ?? former?.Secret : null;
                return new GroupDelivery(group, settings, "", signs ?? default)
                {
                    Paused = isPaused,
                    PausedBecause = isPaused ? stored?.PausedBecause : null,
                    CreatedAt = stored?.CreatedAt ?? servedAt,
                    ETag = stored?.ETag,
                };
            },
            cancellationToken);
        return new(new DeliveryChange(now!, before is null));
    }

    /// <summary>Pauses or resumes; null where there is no delivery.</summary>
    public async ValueTask<GroupDelivery?> SetPausedAsync(string group, bool paused, CancellationToken cancellationToken) =>
        (await deliveries.ChangeAsync(
            group,
            (stored, _) => stored is null || stored.Paused == paused ? stored : stored with { Paused = paused, PausedBecause = null },
            cancellationToken)).Now;

    /// <summary>False where there is no delivery. The group and its offsets stay.</summary>
    public async ValueTask<bool> DeleteAsync(string group, CancellationToken cancellationToken) =>
        (await deliveries.ChangeAsync(group, (_, _) => null, cancellationToken)).Before is not null;

    private async ValueTask<string?> MissingAsync(DeliverySettings settings, CancellationToken cancellationToken)
    {
        if (settings.Target is DeliveryTarget.Handler handler && !targets.HasHandler(handler.Name))
        {
            return $"There is no handler {handler.Name}.";
        }

        foreach (var name in new[] { settings.DeadLetterTopic, (settings.Target as DeliveryTarget.Topic)?.Name }.OfType<string>())
        {
            if (await topics.FindAsync(name, cancellationToken) is not { IsInternal: false })
            {
                return $"There is no topic {name} to write to.";
            }
        }

        return null;
    }

    // Where it begins is settled now, not when a worker first comes: what is produced from here on is delivered. So it is for topics that a
    // change adds; those that it had already go on.
    private async ValueTask<GroupAnswer> BeginAsync(string group, DeliverySettings settings, CancellationToken cancellationToken)
    {
        if (settings.Start.Kind == SeekKind.Beginning)
        {
            return GroupAnswer.Done;
        }

        var committed = (await groups.GroupOffsetsAsync(group, null, cancellationToken)).Select(offset => offset.At).ToHashSet();
        var list = await topics.ListAsync(cancellationToken);
        var named = await Task.WhenAll((settings.Subscription.Topics ?? [])
            .Where(name => list.All(topic => topic.Name != name))
            .Select(name => topics.FindAsync(name, cancellationToken).AsTask()));

        // Read behind the topics: what the delivery has by now, whoever has put it there, may be under way, and nothing of it is left out.
        var former = (await deliveries.FindAsync(group, cancellationToken))?.Settings.Subscription;
        var starts = list.Concat(named.OfType<Topic>()).Where(topic =>
                SubscribedTopics.Has(settings.Subscription, topic) && !(former is not null && SubscribedTopics.Has(former, topic)))
            .SelectMany(topic => Enumerable.Range(0, topic.Partitions).Select(partition => new TopicPartition(topic.Name, partition)))
            .Where(at => !committed.Contains(at))
            .Select(at => new SeekTarget(at, settings.Start.Kind, settings.Start.TimestampMs) { IsFirst = true });
        foreach (var some in starts.Chunk(ResetsMax))
        {
            var reset = await groups.ResetAsync(group, some, cancellationToken);
            if (reset.Error != ErrorCode.None)
            {
                return new(reset.Error, reset.Message);
            }
        }

        return GroupAnswer.Done;
    }
}

/// <summary>A delivery that was made, or changed.</summary>
public sealed record DeliveryChange(GroupDelivery Delivery, bool IsNew);
