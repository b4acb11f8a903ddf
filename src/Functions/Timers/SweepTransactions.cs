using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Transactions;

namespace Serverless.Functions.Timers;

/// <summary>Every minute: aborts transactions whose time is over, finishes what is decided, forgets ids that nobody uses.</summary>
/// <remarks>It bounds how long readers of committed records wait for a program that is gone.</remarks>
public sealed class SweepTransactions(ITransactions transactions, TimeProvider clock)
{
    [Function("SweepTransactions")]
    public Task Run([TimerTrigger("30 * * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
        Sweeping.RunAsync(transactions.SweepAsync, clock, cancellationToken);
}
