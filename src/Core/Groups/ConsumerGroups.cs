using Microsoft.Extensions.Logging;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Telemetry;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;

namespace Serverless.Core.Groups;

/// <summary>Consumer groups on rows: no process owns one, and each request may meet another process.</summary>
/// <remarks>
/// This part has what all requests share; the others have a topic each. Requests of one instance go through one at a time
/// within a process, and so do joins and leaves of one group; between processes the rows' ETags decide.
/// </remarks>
public sealed partial class ConsumerGroups : IConsumerGroups, IPendingOffsets, IGroupShares
{
    private readonly KeyedGate _gates = new();
    private readonly IRowStore _store;
    private readonly IPartitionLogs _logs;
    private readonly IIdSource _ids;
    private readonly GroupOptions _options;
    private readonly ILogger<ConsumerGroups> _logger;
    private readonly LogMetrics _metrics;
    private readonly GroupRows _rows;
    private readonly GroupTopics _topics;
    private readonly PartitionMarks _marks;
    private readonly TransactionOutcomes _outcomes;

    public ConsumerGroups(
        IRowStore store, ITopicCatalog catalog, IPartitionLogs logs, TimeProvider clock, Random random, IIdSource ids,
        GroupOptions options, ILogger<ConsumerGroups> logger, LogMetrics? watch = null)
    {
        _store = store;
        _logs = logs;
        _ids = ids;
        _options = options;
        _logger = logger;
        _metrics = watch ?? LogMetrics.None;
        _rows = new GroupRows(store, ids, clock, random, options, _metrics);
        _topics = new GroupTopics(catalog);
        _marks = new PartitionMarks(logs, options);
        _outcomes = new TransactionOutcomes(new TransactionRows(store, ids, clock, random, new TransactionOptions()));
    }

    /// <summary>What a request decided. <c>IsPart</c>: a step only; the rest is decided after it.</summary>
    private readonly record struct Decision<T>(GroupAnswer<T> Answer, bool IsPart = false)
    {
        public static implicit operator Decision<T>(GroupAnswer<T> answer) => new(answer);
    }

    private InstanceRequest<TAnswer> Request<TAnswer>(string group, string instance, IReadOnlyList<string>? named = null) =>
        new(_rows, _topics, _marks, _outcomes, group, instance) { Named = named ?? [] };

    private ValueTask<KeyedGate.Pass> EnterAsync(string group, string instance, CancellationToken cancellationToken) =>
        _gates.EnterAsync(GateOf(group, instance), cancellationToken);

    private static string GateOf(string group, string instance) => $"{KeyEncoding.Encode(group)}|{KeyEncoding.Encode(instance)}";

    private ValueTask<KeyedGate.Pass> EnterGroupAsync(string group, CancellationToken cancellationToken) =>
        _gates.EnterAsync(KeyEncoding.Encode(group), cancellationToken);

    /// <summary>Decides a request of an instance on its rows, renews the instance, and answers what took effect.</summary>
    /// <param name="joins">Whether the instance rejoins and reconciles first, as all do that ask for what it has.</param>
    private async ValueTask<GroupAnswer<T>> DecideAsync<T>(
        string group, string instance, bool joins, Func<Ready<GroupAnswer<T>>, ValueTask<Decision<T>>> decide,
        CancellationToken cancellationToken, bool fresh = false)
    {
        var request = Request<GroupAnswer<T>>(group, instance);
        while (true)
        {
            var ready = joins
                ? await request.ReadyAsync(ReleaseMode.WhatIsIdle, renew: false, fresh, change: null, cancellationToken)
                : await request.FindAsync(fresh, cancellationToken);
            if (ready.Finished || ready.Error != ErrorCode.None)
            {
                return ready.Finished ? ready.Answer : new(ready.Error, default, ready.Message);
            }

            try
            {
                var decision = await decide(ready);
                var draft = ready.Draft;
                if (decision.Answer.Error != ErrorCode.None)
                {
                    if (!ready.Fresh && !fresh)
                    {
                        fresh = true;
                        continue;
                    }

                    // Nothing has changed after an error, but for the instance's lease.
                    draft = new GroupDraft(draft.State);
                }

                if (draft.Consumers.ContainsKey(instance))
                {
                    draft.Renew(instance, ready.Now);
                }

                var settled = decision.IsPart
                    ? await request.Submissions.StepAsync(draft, cancellationToken)
                    : await request.Submissions.FinishAsync(draft, decision.Answer, cancellationToken);
                if (settled.Finished)
                {
                    return settled.Answer;
                }
            }
            catch (StaleStateException)
            {
                fresh = true;
            }
        }
    }

    /// <summary>The same without a value.</summary>
    private async ValueTask<GroupAnswer> DecideAsync(
        string group, string instance, bool joins, Func<Ready<GroupAnswer<bool>>, ValueTask<Decision<bool>>> decide,
        CancellationToken cancellationToken)
    {
        var answer = await DecideAsync<bool>(group, instance, joins, decide, cancellationToken);
        return new(answer.Error, answer.Message);
    }

    private static GroupAnswer<T> Refused<T>(ErrorCode error, string message) => new(error, default, message);
}
