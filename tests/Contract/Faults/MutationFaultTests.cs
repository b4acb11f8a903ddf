using System.Collections.Concurrent;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Azure;
using Serverless.Faults;

namespace Serverless.Contract.Faults;

/// <summary>What the Azure stores say of a mutation when the network or the service fails under it.</summary>
public sealed class MutationFaultTests(AzuriteFixture azurite)
{
    // Only silence is waited out; all else must find time on a busy machine.
    private static readonly TimeSpan SilenceTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan NetworkTimeout = TimeSpan.FromSeconds(30);

    private static readonly Fault[] Faults =
    [
        new(FaultKind.LostRequest),
        new(FaultKind.LostResponse),
        new(FaultKind.ErrorWithoutEffect, 503, "ServerBusy"),
        new(FaultKind.ErrorWithEffect, 503, "ServerBusy"),
        new(FaultKind.ErrorWithoutEffect, 500, "OperationTimedOut"),
        new(FaultKind.ErrorWithEffect, 500, "InternalError"),
        new(FaultKind.ErrorWithEffect, 408, "RequestTimeout"),
        new(FaultKind.ErrorWithoutEffect, 429, "TooManyRequests"),
        new(FaultKind.Silence),
    ];

    public static MatrixTheoryData<string, string> Cells =>
        new(Mutation.All.Keys, Faults.Select(fault => fault.ToString()));

    public static TheoryData<string> Mutations => [.. Mutation.All.Keys];

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task An_outcome_that_nobody_can_know_is_said_to_be_unknown_and_read_back(string name, string faultName)
    {
        var (mutation, fault) = (Mutation.All[name], Faults.Single(f => f.ToString() == faultName));
        var (clean, faulty, sent) = Storages(
            fault, fault.Kind == FaultKind.Silence ? SilenceTimeout : NetworkTimeout);
        var given = await mutation.GivenAsync(clean);

        var outcome = await mutation.ActAsync(faulty, given, default);

        Assert.Equal("Unknown", outcome);
        Assert.Single(sent());
        Assert.Equal(fault.HasEffect, await SettleAsync(mutation, clean, fault.HasEffect));
    }

    // A transaction's answer is long, and says last what was done.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(200)]
    [InlineData(300)]
    [InlineData(400)]
    [InlineData(500)]
    [InlineData(600)]
    public async Task A_transaction_whose_answer_is_cut_short_is_never_said_to_have_failed(int bytes)
    {
        var mutation = Mutation.All["transaction"];
        var (clean, faulty, sent) = Storages(new Fault(FaultKind.ShortBody, BodyBytesMax: bytes), NetworkTimeout);
        var given = await mutation.GivenAsync(clean);

        var outcome = await mutation.ActAsync(faulty, given, default);

        Assert.Equal("Unknown", outcome);
        Assert.Single(sent());
        Assert.True(await mutation.TookEffectAsync(clean));
    }

    [Theory]
    [MemberData(nameof(Mutations))]
    public async Task A_refusal_that_no_retry_can_mend_is_thrown_and_not_sent_again(string name)
    {
        var mutation = Mutation.All[name];
        var (clean, faulty, sent) = Storages(new Fault(FaultKind.ErrorWithoutEffect, 403, "AuthenticationFailed"));
        var given = await mutation.GivenAsync(clean);

        var thrown = await Assert.ThrowsAsync<StorageException>(() => mutation.ActAsync(faulty, given, default));

        Assert.False(thrown.Retriable);
        Assert.Single(sent());
        Assert.False(await mutation.TookEffectAsync(clean));
    }

    [Theory]
    [MemberData(nameof(Mutations))]
    public async Task A_mutation_that_the_network_repeats_is_what_its_first_attempt_was(string name)
    {
        var mutation = Mutation.All[name];
        var (clean, faulty, _) = Storages(new Fault(FaultKind.Twice));
        var (given, once) = (await mutation.GivenAsync(clean), await OnceAsync(mutation));

        var outcome = await mutation.ActAsync(faulty, given, default);

        Assert.Equal(once, outcome);
        Assert.True(await mutation.TookEffectAsync(clean));
    }

    [Theory]
    [MemberData(nameof(Mutations))]
    public async Task A_precondition_that_is_not_ours_is_no_outcome_of_ours(string name)
    {
        var mutation = Mutation.All[name];
        var (clean, faulty, _) = Storages(new Fault(FaultKind.ErrorWithoutEffect, 412, "LeaseIdMissing"));
        var given = await mutation.GivenAsync(clean);

        await Assert.ThrowsAsync<StorageException>(() => mutation.ActAsync(faulty, given, default));
    }

    [Theory]
    [MemberData(nameof(Mutations))]
    public async Task Who_cancels_a_mutation_is_told_so_though_it_may_have_happened(string name)
    {
        var mutation = Mutation.All[name];
        var (clean, faulty, sent) = Storages(new Fault(FaultKind.Silence), TimeSpan.FromMinutes(5));
        var given = await mutation.GivenAsync(clean);
        using var caller = new CancellationTokenSource();

        var acting = mutation.ActAsync(faulty, given, caller.Token);
        while (!await mutation.TookEffectAsync(clean))
        {
            await Task.Delay(10);
        }

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => acting);
        Assert.Single(sent());
    }

    private async Task<string> OnceAsync(Mutation mutation)
    {
        var storage = azurite.NewStorage(AzuriteFixture.NewOptions());
        return await mutation.ActAsync(storage, await mutation.GivenAsync(storage), default);
    }

    // What is given up on may yet happen; what never reached the service will not.
    private static async Task<bool> SettleAsync(Mutation mutation, AzureStorage storage, bool expected)
    {
        for (var look = 0; expected && look < 200 && !await mutation.TookEffectAsync(storage); look++)
        {
            await Task.Delay(50);
        }

        return await mutation.TookEffectAsync(storage);
    }

    private (AzureStorage Clean, AzureStorage Faulty, Func<IReadOnlyCollection<string>> Sent) Storages(
        Fault fault, TimeSpan? networkTimeout = null)
    {
        var options = AzuriteFixture.NewOptions();
        var sent = new ConcurrentQueue<string>();
        var policy = new FaultPolicy((request, _) =>
        {
            sent.Enqueue($"{request.Method} {request.Uri.Path}");
            return fault;
        });
        return (
            azurite.NewStorage(options),
            azurite.NewStorage(options with
            {
                NetworkTimeout = networkTimeout ?? NetworkTimeout,
                ConfigureClient = policy.AddTo,
            }),
            () => sent);
    }
}
