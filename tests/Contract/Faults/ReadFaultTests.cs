using System.Text;
using Serverless.Contract.Rows;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Azure;
using Serverless.Faults;

namespace Serverless.Contract.Faults;

/// <summary>What the Azure stores do when the network or the service fails under a read.</summary>
public sealed class ReadFaultTests(AzuriteFixture azurite)
{
    private static readonly Dictionary<string, Func<AzureStorage, CancellationToken, Task<string>>> Reads = new()
    {
        ["blob"] = async (storage, token) =>
            Encoding.UTF8.GetString((await storage.Blobs.ReadAsync("b", 0, 100, token)).Bytes.Span),
        ["list"] = async (storage, token) =>
            string.Join(' ', (await storage.Blobs.ListAsync("", null, 10, token)).Items.Select(item => item.Name)),
        ["row"] = async (storage, token) =>
            $"{(await storage.Rows.GetAsync(RowTesting.Table, new RowKey(RowTesting.Partition, "r"), token)).Row?.Columns["value"]}",
        ["query"] = async (storage, token) => string.Join(' ', (await storage.Rows.QueryAsync(
            RowTesting.Table, new RowQuery(RowTesting.Partition), token)).Rows.Select(row => row.Key.Row)),
    };

    private static readonly Dictionary<string, string> Expected =
        new() { ["blob"] = "abcdefgh", ["list"] = "b", ["row"] = "7", ["query"] = "r" };

    public static MatrixTheoryData<string, FaultKind> Passing => new(
        Reads.Keys, [FaultKind.LostRequest, FaultKind.LostResponse, FaultKind.ErrorWithoutEffect, FaultKind.Silence]);

    public static TheoryData<string> Names => [.. Reads.Keys];

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task A_read_is_tried_again_until_it_succeeds(string name, FaultKind kind)
    {
        var storage = await GivenAsync((_, attempt) => attempt < 2 ? new Fault(kind) : null);

        var read = await Reads[name](storage, default);

        Assert.Equal(Expected[name], read);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_read_that_never_succeeds_fails_and_may_be_tried_later(string name)
    {
        var storage = await GivenAsync((_, attempt) =>
            new Fault(attempt % 2 == 0 ? FaultKind.LostResponse : FaultKind.ErrorWithoutEffect));

        var thrown = await Assert.ThrowsAsync<StorageException>(() => Reads[name](storage, default));

        Assert.True(thrown.Retriable);
    }

    public static MatrixTheoryData<string, FaultKind, int> Cancelled => new(
        Reads.Keys, [FaultKind.LostRequest, FaultKind.LostResponse, FaultKind.ErrorWithoutEffect, FaultKind.ShortBody], [0, 1]);

    [Theory]
    [MemberData(nameof(Cancelled))]
    public async Task A_read_that_its_caller_cancels_between_attempts_is_cancelled_and_no_failure(string name, FaultKind kind, int at)
    {
        using var cancel = new CancellationTokenSource();
        var storage = await GivenAsync((_, attempt) =>
        {
            if (attempt == at)
            {
                cancel.Cancel();
            }

            return new Fault(kind, BodyBytesMax: 1);
        });

        var thrown = await Record.ExceptionAsync(() => Reads[name](storage, cancel.Token));

        // One that had failed by then may say so.
        Assert.True(thrown is OperationCanceledException || (thrown is StorageException { Retriable: true } && kind == FaultKind.ShortBody), $"{thrown}");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_read_that_is_forbidden_fails_for_good_at_once(string name)
    {
        var attempts = 0;
        var storage = await GivenAsync((_, attempt) =>
        {
            attempts = attempt + 1;
            return new Fault(FaultKind.ErrorWithoutEffect, 403, "AuthorizationFailure");
        });

        var thrown = await Assert.ThrowsAsync<StorageException>(() => Reads[name](storage, default));

        Assert.False(thrown.Retriable);
        Assert.Equal(1, attempts);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public async Task A_body_that_ends_early_is_read_again_and_never_taken_for_the_whole(int bytes)
    {
        var storage = await GivenAsync((_, attempt) =>
            attempt < 3 ? new Fault(FaultKind.ShortBody, BodyBytesMax: bytes) : null);

        var read = await storage.Blobs.ReadAsync("b", 0, 100, default);

        Assert.Equal("abcdefgh", Encoding.UTF8.GetString(read.Bytes.Span));
    }

    [Fact]
    public async Task Bodies_that_all_end_early_are_a_failure_that_may_be_tried_later()
    {
        var storage = await GivenAsync((_, _) => new Fault(FaultKind.ShortBody, BodyBytesMax: 7));

        var thrown = await Assert.ThrowsAsync<StorageException>(
            async () => await storage.Blobs.ReadAsync("b", 0, 100, default));

        Assert.True(thrown.Retriable);
    }

    public static MatrixTheoryData<string, int> CutShort => new(["list", "row", "query"], [0, 1, 20, 100]);

    // Neither JSON nor XML then: that is the service's failure, not ours.
    [Theory]
    [MemberData(nameof(CutShort))]
    public async Task An_answer_that_ends_early_is_a_failure_that_may_be_tried_later(string name, int bytes)
    {
        var storage = await GivenAsync((_, _) => new Fault(FaultKind.ShortBody, BodyBytesMax: bytes));

        var thrown = await Assert.ThrowsAsync<StorageException>(() => Reads[name](storage, default));

        Assert.True(thrown.Retriable);
    }

    [Fact]
    public async Task A_conflict_whose_answer_ends_early_is_a_conflict_all_the_same()
    {
        var storage = await GivenAsync((_, _) => new Fault(FaultKind.ShortBody, BodyBytesMax: 20));

        var replaced = await storage.Rows.SubmitAsync(RowAction.Replace("r", RowTesting.Columns(8), "W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\""));
        var inserted = await storage.Rows.SubmitAsync(RowAction.Insert("r", RowTesting.Columns(8)));
        var deleted = await storage.Rows.SubmitAsync(RowAction.Delete("none", "W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\""));

        Assert.Equal(
            [SubmitOutcome.Conflict, SubmitOutcome.Conflict, SubmitOutcome.Conflict], new[] { replaced, inserted, deleted }.Select(result => result.Outcome));
    }

    private async Task<AzureStorage> GivenAsync(Func<Azure.Core.Request, int, Fault?> plan)
    {
        var options = AzuriteFixture.NewOptions();
        var clean = azurite.NewStorage(options);
        await clean.Blobs.CreateAsync("b", default);
        await clean.Blobs.AppendAsync("b", 0, "abcdefgh"u8.ToArray(), default);
        await clean.Rows.InsertAsync("r", 7);

        return azurite.NewStorage(options with
        {
            NetworkTimeout = TimeSpan.FromSeconds(2),
            ReadRetryDelay = TimeSpan.FromMilliseconds(1),
            ConfigureClient = new FaultPolicy(plan).AddTo,
        });
    }
}
