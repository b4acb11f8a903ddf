using Microsoft.Extensions.Logging.Abstractions;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Tests.Log;
using Serverless.Core.Topics;
using Xunit;

namespace Serverless.Core.Tests.Topics;

/// <summary>What a network that delays, doubles and loses does to topics; each was found by the simulator.</summary>
public sealed class TopicRaceTests
{
    private static readonly Dictionary<string, string?> NoSettings = [];

    private readonly LogHarness _harness = new();
    private readonly HookedRows _rows;
    private readonly TopicCatalog _catalog;

    public TopicRaceTests()
    {
        _rows = new HookedRows(_harness.Rows);
        _catalog = Over(_rows);
    }

    [Fact]
    public async Task A_request_to_create_a_topic_that_arrives_again_after_its_deletion_does_not_bring_it_back()
    {
        await _catalog.CreateAsync("orders", 1, NoSettings, validateOnly: false, default);
        var doubled = _rows.Submitted[0];
        await _catalog.DeleteAsync("orders", default);

        var late = await doubled();

        Assert.Equal(SubmitOutcome.Conflict, late.Outcome);
        Assert.Null(await _catalog.RefreshAsync("orders", default));
        Assert.Equal(
            ErrorCode.None, (await _catalog.CreateAsync("orders", 1, NoSettings, validateOnly: false, default)).Error);
    }

    [Fact]
    public async Task A_deletion_whose_reply_was_lost_leaves_a_newer_topic_of_the_name_alone()
    {
        await _catalog.CreateAsync("orders", 1, NoSettings, validateOnly: false, default);
        var other = Over(_harness.Rows);
        _rows.LosesReplyOf = actions => actions[0].Kind == RowActionKind.Replace;
        _rows.AfterLoss = async () =>
        {
            while (await new TopicSweep(_harness.Rows, _harness.Blobs, other).SweepAsync(default))
            {
            }

            await other.CreateAsync("orders", 3, NoSettings, validateOnly: false, default);
        };

        var answer = await _catalog.DeleteAsync("orders", default);

        Assert.Equal((ErrorCode.None, 1), (answer.Error, answer.Topic!.Partitions));
        Assert.Equal(3, (await _catalog.RefreshAsync("orders", default))!.Partitions);
    }

    [Fact]
    public async Task A_change_that_was_made_and_undone_before_its_reply_is_not_refused_for_good()
    {
        var other = Over(_harness.Rows);
        _rows.LosesReplyOf = actions => actions[0].Kind == RowActionKind.Insert;
        _rows.AfterLoss = async () =>
        {
            await other.DeleteAsync("orders", default);
            await other.CreateAsync("orders", 3, NoSettings, validateOnly: false, default);
        };

        await Assert.ThrowsAsync<StorageException>(
            async () => await _catalog.CreateAsync("orders", 1, NoSettings, validateOnly: false, default));
    }

    [Fact]
    public async Task A_creation_whose_reply_was_lost_does_not_bring_its_topic_back_from_its_deletion()
    {
        var other = Over(_harness.Rows);
        _rows.LosesReplyOf = actions => actions[0].Kind == RowActionKind.Insert;
        _rows.AfterLoss = async () =>
        {
            await other.DeleteAsync("orders", default);
            await other.CreateAsync("orders", 3, NoSettings, validateOnly: false, default);
            await other.DeleteAsync("orders", default);
        };

        await Assert.ThrowsAsync<StorageException>(
            async () => await _catalog.CreateAsync("orders", 1, NoSettings, validateOnly: false, default));

        Assert.Null(await other.RefreshAsync("orders", default));
        Assert.Equal(ErrorCode.None, (await _catalog.CreateAsync("orders", 1, NoSettings, validateOnly: false, default)).Error);
    }

    [Fact]
    public async Task A_creation_that_met_its_own_second_delivery_does_not_bring_its_topic_back_from_its_deletion()
    {
        var other = Over(_harness.Rows);
        Topic? first = null;
        var rows = new DeliversTwice(_harness.Rows)
        {
            Between = async () =>
            {
                first = (await other.DeleteAsync("orders", default)).Topic;
                await other.CreateAsync("orders", 3, NoSettings, validateOnly: false, default);
                await other.DeleteAsync("orders", default);
            },
        };

        var created = await Over(rows).CreateAsync("orders", 1, NoSettings, validateOnly: false, default);

        Assert.Equal(ErrorCode.None, created.Error);
        Assert.NotEqual(first!.Id, created.Topic!.Id);
    }

    [Fact]
    public async Task A_change_whose_reply_was_lost_is_not_made_again_where_others_have_gone_on()
    {
        await _catalog.CreateAsync("orders", 1, NoSettings, validateOnly: false, default);
        var other = Over(_harness.Rows);
        _rows.LosesReplyOf = actions => actions[0].Kind == RowActionKind.Replace;
        _rows.AfterLoss = async () =>
        {
            await other.DeleteAsync("orders", default);
            await other.CreateAsync("orders", 1, NoSettings, validateOnly: false, default);
        };

        await Assert.ThrowsAsync<StorageException>(async () => await _catalog.SetPartitionsAsync("orders", 2, default));

        Assert.Equal(1, (await other.RefreshAsync("orders", default))!.Partitions);
    }

    [Fact]
    public async Task Rows_whose_removal_got_no_reply_are_removed_by_the_next_sweep()
    {
        var topic = (await _catalog.CreateAsync("orders", 1, NoSettings, validateOnly: false, default)).Topic!;
        await _catalog.DeleteAsync("orders", default);
        _harness.Clock.Advance(TimeSpan.FromHours(3));
        var sweep = new TopicSweep(new LosesDeletes(_harness.Rows), _harness.Blobs, _catalog);

        while (await sweep.SweepAsync(default))
        {
        }

        var left = await _harness.Rows.QueryAsync(
            Layout.CheckpointsTable, new RowQuery(Layout.PartitionKey(topic.Id, 0)), default);
        Assert.Empty(left.Rows);
    }

    private TopicCatalog Over(IRowStore rows)
    {
        var logs = new PartitionLogs(new LogContext(
            _harness.Blobs, rows, _harness.Clock, new Random(1), new RandomIdSource(new Random(rows.GetHashCode())),
            new LogOptions(), NullLogger<PartitionLogs>.Instance));
        return new TopicCatalog(rows, logs, _harness.Clock, new RandomIdSource(new Random(rows.GetHashCode())));
    }

    // The first submission arrives twice, and its reply is the second one's.
    private sealed class DeliversTwice(IRowStore rows) : IRowStore
    {
        public Func<Task>? Between { get; set; }

        public ValueTask<RowRead> GetAsync(string table, RowKey key, CancellationToken cancellationToken) =>
            rows.GetAsync(table, key, cancellationToken);

        public ValueTask<RowPage> QueryAsync(string table, RowQuery query, CancellationToken cancellationToken) =>
            rows.QueryAsync(table, query, cancellationToken);

        public async ValueTask<SubmitResult> SubmitAsync(
            string table, string partition, IReadOnlyList<RowAction> actions, CancellationToken cancellationToken)
        {
            var result = await rows.SubmitAsync(table, partition, actions, cancellationToken);
            if (Between is not { } between)
            {
                return result;
            }

            Between = null;
            await between();
            return await rows.SubmitAsync(table, partition, actions, cancellationToken);
        }
    }

    // The first request to delete rows of a partition never arrives.
    private sealed class LosesDeletes(IRowStore rows) : IRowStore
    {
        private bool _lost;

        public ValueTask<RowRead> GetAsync(string table, RowKey key, CancellationToken cancellationToken) =>
            rows.GetAsync(table, key, cancellationToken);

        public ValueTask<RowPage> QueryAsync(string table, RowQuery query, CancellationToken cancellationToken) =>
            rows.QueryAsync(table, query, cancellationToken);

        public ValueTask<SubmitResult> SubmitAsync(
            string table, string partition, IReadOnlyList<RowAction> actions, CancellationToken cancellationToken)
        {
            if (_lost || table != Layout.CheckpointsTable)
            {
                return rows.SubmitAsync(table, partition, actions, cancellationToken);
            }

            _lost = true;
            return new(new SubmitResult(SubmitOutcome.Unknown, [], default));
        }
    }
}
