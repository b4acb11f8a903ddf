using Serverless.Simulation.World;
using Xunit;

namespace Serverless.Simulation;

/// <summary>Short stories of a transaction in which every storage call meets every fault, alone and with every other call that meets one.</summary>
public sealed class SystematicTransactionTests(ITestOutputHelper output)
{
    [Fact]
    public void Filling_and_committing() => Sweep(before: _ => Task.CompletedTask, async story => await story.EndAsync(await story.FillAsync()));

    [Fact]
    public void Committing() => Sweep(before: story => story.FillAsync(), story => story.EndAsync(commit: true));

    [Fact]
    public void Aborting() => Sweep(before: story => story.FillAsync(), story => story.EndAsync(commit: false));

    [Fact]
    public void Timing_out() => Sweep(before: story => story.FillAsync(), story => story.SweepAsync());

    [Fact]
    public void Taking_over_what_is_open() => Sweep(before: story => story.FillAsync(), story => story.TakeOverAsync());

    [Fact]
    public void Committing_and_taking_over() => Sweep(
        before: story => story.FillAsync(),
        async story =>
        {
            await story.EndAsync(commit: true);
            await story.TakeOverAsync();
        });

    private void Sweep(Func<TransactionStory, Task> before, Func<TransactionStory, Task> story)
    {
        SystematicTests.Sweep(
            output,
            before: async at =>
            {
                at.Transaction = await TransactionStory.BeginAsync(at);
                await before(at.Transaction);
            },
            at => story(at.Transaction!));
    }
}
