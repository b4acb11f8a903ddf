using Serverless.Simulation.Engine;

namespace Serverless.Simulation.Audit;

/// <summary>How transactions ended, by their markers in all logs.</summary>
internal sealed class TransactionAudit
{
    private readonly Dictionary<(long ProducerId, short Epoch), bool> _decided = [];
    private readonly Dictionary<(long ProducerId, short Epoch), bool> _told = [];
    private readonly HashSet<(long ProducerId, short Epoch)> _asked = [];
    private readonly HashSet<(long ProducerId, short Epoch)> _given = [];

    /// <summary>True: committed; null while no log has a marker.</summary>
    public bool? OutcomeOf(long producerId, short epoch) =>
        _decided.TryGetValue((producerId, epoch), out var commit) ? commit : null;

    /// <summary>A marker was appended that ends the transaction of this epoch.</summary>
    public void Marked(string log, long producerId, short epoch, bool commit)
    {
        Guarantee.Holds(
            _decided.TryAdd((producerId, epoch), commit) || _decided[(producerId, epoch)] == commit, "T5",
            $"{log}: transaction {producerId}/{epoch} is {(commit ? "committed" : "aborted")} here, and the other elsewhere.");
        Guarantee.Holds(
            !commit || _asked.Contains((producerId, epoch)), "T6", $"{log}: nobody asked to commit transaction {producerId}/{epoch}.");
        Guarantee.Holds(
            !_told.TryGetValue((producerId, epoch), out var told) || told == commit, "T5",
            $"{log}: transaction {producerId}/{epoch} was told to be {(told ? "committed" : "aborted")}, and now is the other.");
    }

    /// <summary>A client asks for a commit; without that none may be.</summary>
    public void Asked(long producerId, short epoch) => _asked.Add((producerId, epoch));

    /// <summary>A new instance was answered: nothing that its transactional id left open is without a decision, and its epoch is its own.</summary>
    public void Initialized(string transactionalId, long producerId, short epoch)
    {
        Guarantee.Holds(_given.Add((producerId, epoch)), "P3", $"{transactionalId}: {producerId}/{epoch} was given to two instances.");
        foreach (var log in Logs)
        {
            Guarantee.Holds(
                log.OpenOf(producerId) is not { } open || open >= epoch, "T8",
                $"{transactionalId} has a new instance {producerId}/{epoch}, and in {log.Name} the transaction of epoch {log.OpenOf(producerId)} is open.");
        }
    }

    /// <summary>All logs that may have transactions.</summary>
    public List<PartitionAudit> Logs { get; } = [];

    /// <summary>A client was told how its transaction ended.</summary>
    public void Told(long producerId, short epoch, bool commit)
    {
        Guarantee.Holds(
            OutcomeOf(producerId, epoch) is not { } decided || decided == commit, "T5",
            $"Transaction {producerId}/{epoch} was told to be {(commit ? "committed" : "aborted")}, and is the other.");
        Guarantee.Holds(
            _told.TryAdd((producerId, epoch), commit) || _told[(producerId, epoch)] == commit, "T5",
            $"Transaction {producerId}/{epoch} was told to be committed and aborted.");
    }
}
