using Microsoft.Extensions.Logging;
using Serverless.Core.Groups.Assignors;

namespace Serverless.Core.Groups;

/// <content>Creating, finding and deleting instances.</content>
public sealed partial class ConsumerGroups
{
    public async ValueTask<GroupAnswer> CreateInstanceAsync(
        string group, string instance, ConsumerSettings settings, bool replace, string? requestId, CancellationToken cancellationToken)
    {
        if (settings.Assignor is { } assignor && !Assignor.IsKnown(assignor))
        {
            return new(ErrorCode.InvalidRequest, $"There is no assignor {assignor}.");
        }

        if (settings.DeliveryMode == DeliveryMode.ExactlyOnce)
        {
            // What it reads must be decided, and what it commits be part of a transaction: anything else is not exactly once.
            settings = settings with { IsolationLevel = IsolationLevel.ReadCommitted, AutoCommit = false };
        }

        using var one = await EnterAsync(group, instance, cancellationToken);
        using var all = await EnterGroupAsync(group, cancellationToken);
        await IndexAsync(group, cancellationToken);

        // `instance` as the request's own row: its stamp tells whether a lost reply's submission took effect.
        var request = new GroupRequest<GroupAnswer>(_rows, group, instance);
        var id = _ids.NewId();
        while (true)
        {
            var (state, _) = await request.StateAsync(fresh: true, cancellationToken);
            if (requestId is not null && state.Consumers.TryGetValue(instance, out var made)
                && made.Row.RequestId == requestId && !made.Row.IsExpired(state.ServedAt))
            {
                return GroupAnswer.Done;
            }

            var draft = new GroupDraft(state);
            var topics = await _topics.ForAsync(draft, cancellationToken);
            var answer = Instances.Create(draft, instance, id, requestId, settings, replace, topics, _options.InstancesMax, state.ServedAt);
            if (answer.Error != ErrorCode.None && !request.IsUnsettled)
            {
                return answer;
            }

            if (answer.Error != ErrorCode.None)
            {
                draft = new GroupDraft(state);
                draft.Put(draft.Group);
            }

            var settled = await request.FinishAsync(draft, answer, cancellationToken);
            if (!settled.Finished)
            {
                continue;
            }

            if (state.Group is null)
            {
                // Its deletion may have run beside this and have taken the index rows along.
                await IndexAsync(group, cancellationToken);
            }

            if (settled.Answer.Error == ErrorCode.None)
            {
                InstanceCreated(group, instance);
            }

            return settled.Answer;
        }
    }

    public async ValueTask<ConsumerSettings?> FindInstanceAsync(
        string group, string instance, bool fresh, CancellationToken cancellationToken)
    {
        if (!fresh && _rows.RememberedInstance(group, instance) is { } remembered)
        {
            return remembered.Settings;
        }

        var state = await _rows.ReadAsync(group, cancellationToken);
        return state.Consumers.TryGetValue(instance, out var consumer) && !consumer.Row.IsExpired(state.ServedAt)
            ? consumer.Row.Settings
            : null;
    }

    public async ValueTask<GroupAnswer> DeleteInstanceAsync(
        string group, string instance, CancellationToken cancellationToken)
    {
        using var one = await EnterAsync(group, instance, cancellationToken);
        using var all = await EnterGroupAsync(group, cancellationToken);
        var answer = await DecideAsync(
            group, instance, joins: false,
            ready => new(new Decision<bool>(
                new(true), Instances.Leave(ready.Draft, instance, stays: false, ready.Topics, ready.Now))),
            cancellationToken);
        if (answer.Error == ErrorCode.None)
        {
            InstanceDeleted(group, instance);
        }

        return answer;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Created instance {Instance} of group {Group}.")]
    private partial void InstanceCreated(string group, string instance);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted instance {Instance} of group {Group}.")]
    private partial void InstanceDeleted(string group, string instance);
}
