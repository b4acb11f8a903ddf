using Serverless.Simulation.World;
using Xunit;

namespace Serverless.Simulation;

/// <summary>Random seeds of transactions: what is read, processed and written counts once, whoever dies in the middle.</summary>
public sealed class TransactionSeedTests
{
    [Fact]
    public void Every_record_is_copied_exactly_once_in_every_seed() =>
        SeedReport.Of(seed => CopyRun.Run(seed, Seeds.Bug, Seeds.Inputs), Seeds.CountOfTransactions);
}
