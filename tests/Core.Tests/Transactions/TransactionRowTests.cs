using Serverless.Core.Storage;
using Serverless.Core.Transactions;
using Serverless.Core.Transactions.Rows;
using Xunit;

namespace Serverless.Core.Tests.Transactions;

public sealed class TransactionRowTests
{
    private static readonly DateTimeOffset Now = new(2026, 2, 3, 4, 5, 6, TimeSpan.Zero);

    [Fact]
    public void A_row_comes_back_as_it_was()
    {
        var row = new TransactionRow("tid ä", 1L << 40, 31_999)
        {
            Instance = "5-6", Standing = InstanceStanding.Fenced, State = TransactionState.PrepareAbort,
            Timeout = TimeSpan.FromMilliseconds(1234), StartedAt = Now, TouchedAt = Now.AddDays(1), NeedsNewId = true, Stamps = "a,b",
            Partitions = [new("id1", "t1", 0), new("id1", "t1", 900), new("id2", "t1", 3)],
            Groups = TransactionRow.Ordinal.Union(["g", "h"]),
            Outcomes = [new(31_998, true), new(31_997, false)],
        };

        var decoded = TransactionRowCodec.Decode(new StoredRow(TransactionRow.KeyOf(row.TransactionalId), "e", row.Encode()));

        Assert.Equal(row.Partitions.ToList(), decoded.Partitions.ToList());
        Assert.Equal(row.Groups.ToList(), decoded.Groups.ToList());
        Assert.Equal(row.Outcomes, decoded.Outcomes.AsEnumerable());
        Assert.Equal(
            row with { Partitions = [], Groups = [], Outcomes = [] }, decoded with { Partitions = [], Groups = [], Outcomes = [] });
    }

    [Fact]
    public void A_row_of_as_many_partitions_as_there_may_be_fits()
    {
        var options = new TransactionOptions();
        var row = new TransactionRow("t", 1, 1)
        {
            Partitions = [.. Enumerable.Range(0, options.PartitionsMax)
                .Select(n => new RegisteredPartition($"{n:D32}", new string('x', Limits.TopicNameCharsMax - 4) + $"{n:D4}", 0))],
            Groups = TransactionRow.Ordinal.Union(Enumerable.Range(0, options.GroupsMax).Select(n => new string('ä', 250) + $"{n:D5}")),
        };

        RowSize.Columns(row.Encode());
    }

    [Fact]
    public void Ids_are_spread_over_the_shards() => Assert.Equal(
        TransactionRow.AllShards.Order(),
        Enumerable.Range(0, 200).Select(n => TransactionRow.KeyOf($"id{n}").Partition).Distinct().Order());

    [Fact]
    public void A_decision_names_the_transaction_that_it_is_of()
    {
        var open = new TransactionRow("t", 1, 7) { State = TransactionState.Ongoing };

        var decided = open.Decide(commit: true);

        Assert.Equal(open.Present, decided.Decided);
        Assert.Equal((TransactionState.PrepareCommit, (short)8, true), (decided.State, decided.ProducerEpoch, decided.OutcomeOf(7)));
        Assert.Equal(TransactionState.CompleteCommit, decided.Finish().State);
        Assert.Equal(5, Enumerable.Range(0, 9).Aggregate(open, (row, _) => row.Decide(false)).Outcomes.Length);
    }
}
