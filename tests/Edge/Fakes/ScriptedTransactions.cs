using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;

namespace Serverless.Edge.Fakes;

/// <summary>Transactions that answer what a test says and keep what they were asked.</summary>
internal sealed class ScriptedTransactions : ITransactions
{
    /// <summary>Each call with its arguments, in order.</summary>
    public List<(string Operation, object?[] Arguments)> Calls { get; } = [];

    /// <summary>What every operation answers, unless it is None.</summary>
    public ErrorCode Error { get; set; }

    public string? Message { get; set; }

    public Exception? Fails { get; set; }

    public TransactionInstance Instance { get; set; } = new("4001-3", 4001, 3);

    public short? NextEpoch { get; set; } = 4;

    public IReadOnlyList<ProduceOutcome> Outcomes { get; set; } = [];

    public TransactionDescription Description { get; set; } = Described("t1", TransactionState.Empty);

    /// <summary>Transactional ids to be listed and found, by name.</summary>
    public IReadOnlyList<TransactionDescription> Listed { get; set; } = [];

    public static TransactionDescription Described(string id, TransactionState state) =>
        new(id, "4001-3", 4001, 3, state, TimeSpan.FromMinutes(1), [], [], null, null);

    public ValueTask<TransactionAnswer<TransactionInstance>> InitAsync(
        string transactionalId, TimeSpan? timeout, CancellationToken cancellationToken) =>
        Answer("init", Instance, transactionalId, timeout);

    public ValueTask<TransactionAnswer<TransactionInstance>> BeginAsync(TransactionStep step, CancellationToken cancellationToken) =>
        Answer("begin", Instance, step);

    public ValueTask<TransactionAnswer<ProduceOutcome[]>> ProduceAsync(
        TransactionStep step, Topic topic, IReadOnlyList<ProduceRecord> records, RequestKey? key, CancellationToken cancellationToken)
    {
        // What a record points at is written over once the request is over.
        var kept = records.Select(record => record with { Key = record.Key?.ToArray(), Value = record.Value?.ToArray() }).ToList();
        ProduceOutcome[] outcomes = Outcomes is [] ? [.. records.Select((_, i) => new ProduceOutcome(ErrorCode.None, 0, i, 1))] : [.. Outcomes];
        return Answer("produce", outcomes, step, topic, kept, key);
    }

    public ValueTask<TransactionAnswer<bool>> AddOffsetsAsync(
        TransactionStep step, string group, string? consumer, IReadOnlyList<GroupOffset> offsets, CancellationToken cancellationToken) =>
        Answer("offsets", true, step, group, consumer, offsets);

    public async ValueTask<TransactionAnswer<bool>> EndAsync(TransactionStep step, bool commit, CancellationToken cancellationToken) =>
        (await Answer(commit ? "commit" : "abort", true, step)) with { ProducerEpoch = NextEpoch };

    public ValueTask<TransactionAnswer<TransactionDescription>> DescribeAsync(
        string transactionalId, string instance, CancellationToken cancellationToken) =>
        Answer("describe", Description, transactionalId, instance);

    public ValueTask<TransactionAnswer<bool>> CloseAsync(string transactionalId, string instance, CancellationToken cancellationToken) =>
        Answer("close", true, transactionalId, instance);

    public ValueTask<TransactionPage> ListAsync(string? after, int take, CancellationToken cancellationToken)
    {
        Calls.Add(("list", [after, take]));
        var behind = Listed.Where(one => after is null || string.CompareOrdinal(one.TransactionalId, after) > 0).ToList();
        return ValueTask.FromResult(new TransactionPage([.. behind.Take(take)], behind.Count > take));
    }

    public ValueTask<TransactionDescription?> FindAsync(string transactionalId, CancellationToken cancellationToken)
    {
        Calls.Add(("find", [transactionalId]));
        return ValueTask.FromResult(Listed.FirstOrDefault(one => one.TransactionalId == transactionalId));
    }

    public ValueTask<TransactionAnswer<bool>> AbortAsync(string transactionalId, CancellationToken cancellationToken) =>
        Answer("abort id", true, transactionalId);

    public ValueTask<bool> SweepAsync(CancellationToken cancellationToken) => ValueTask.FromResult(false);

    private ValueTask<TransactionAnswer<T>> Answer<T>(string operation, T value, params object?[] arguments)
    {
        Calls.Add((operation, arguments));
        return Fails is not null ? throw Fails
            : ValueTask.FromResult(Error == ErrorCode.None
                ? new TransactionAnswer<T>(ErrorCode.None, value)
                : new TransactionAnswer<T>(Error, default, Message));
    }
}
