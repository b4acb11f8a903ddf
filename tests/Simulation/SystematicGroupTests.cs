using Serverless.Core.Groups;
using Serverless.Simulation.World;
using Xunit;

namespace Serverless.Simulation;

/// <summary>Short stories of a group in which every storage call meets every fault, alone and with every other call that meets one.</summary>
public sealed class SystematicGroupTests(ITestOutputHelper output)
{
    private static readonly ConsumerSettings ByHand = new() { AutoCommit = false };
    private static readonly ConsumerSettings Automatic = new() { AutoCommit = true };
    private static readonly ConsumerSettings AtMostOnce = new() { DeliveryMode = DeliveryMode.AtMostOnce };

    [Fact]
    public void Joining() => Sweep(
        Automatic,
        before: story => story.JoinAsync("a"),
        story => story.JoinAsync("b"));

    [Fact]
    public void Sharing_with_who_joins() => Sweep(
        Automatic,
        before: async story =>
        {
            await story.JoinAsync("a");
            await story.PollAsync("a");
            await story.JoinAsync("b");
        },
        async story =>
        {
            await story.PollAsync("a");
            await story.PollAsync("b");
        });

    [Fact]
    public void Polling_with_auto_commit() => Sweep(
        Automatic,
        before: story => story.JoinAsync("a"),
        async story =>
        {
            await story.PollAsync("a");
            await story.PollAsync("a");
        });

    [Fact]
    public void Polling_at_most_once() => Sweep(
        AtMostOnce,
        before: story => story.JoinAsync("a"),
        async story =>
        {
            await story.PollAsync("a");
            await story.PollAsync("a");
        });

    [Fact]
    public void Committing() => Sweep(
        ByHand,
        before: async story =>
        {
            await story.JoinAsync("a");
            await story.PollAsync("a");
        },
        story => story.CommitAsync("a"));

    [Fact]
    public void Leaving() => Sweep(
        Automatic,
        before: async story =>
        {
            await story.JoinAsync("a");
            await story.PollAsync("a");
            await story.JoinAsync("b");
            await story.PollAsync("a");
            await story.PollAsync("b");
        },
        async story =>
        {
            await story.LeaveAsync("a");
            await story.PollAsync("b");
        });

    [Fact]
    public void Taking_over_from_who_expired() => Sweep(
        ByHand,
        before: async story =>
        {
            await story.JoinAsync("a");
            await story.PollAsync("a");
            await story.PauseAsync(TimeSpan.FromSeconds(20));
            await story.JoinAsync("b");
            await story.PauseAsync(TimeSpan.FromSeconds(15));
        },
        story => story.PollAsync("b"));

    [Fact]
    public void Committing_after_the_session() => Sweep(
        ByHand,
        before: async story =>
        {
            await story.JoinAsync("a");
            await story.PollAsync("a");
            await story.PauseAsync(TimeSpan.FromSeconds(35));
            await story.SweepAsync();
        },
        story => story.CommitAsync("a"));

    [Fact]
    public void Expiring_by_the_timer() => Sweep(
        ByHand,
        before: async story =>
        {
            await story.JoinAsync("a");
            await story.PollAsync("a");
            await story.PauseAsync(TimeSpan.FromMinutes(3));
        },
        story => story.SweepAsync());

    [Fact]
    public void Deleting_a_group() => Sweep(
        ByHand,
        before: async story =>
        {
            await story.JoinAsync("a");
            await story.PollAsync("a");
            await story.CommitAsync("a");
            await story.LeaveAsync("a");
        },
        story => story.DeleteAsync());

    [Fact]
    public void Coming_back_as_a_static_member() => Sweep(
        ByHand,
        before: async story =>
        {
            await story.JoinAsync("a");
            await story.JoinAsync("b");
            await story.PollAsync("a");
            await story.PollAsync("b");
        },
        story => story.JoinAsync("a"),
        staticIds: true);

    [Fact]
    public void Resetting_offsets() => Sweep(
        ByHand,
        before: async story =>
        {
            await story.JoinAsync("a");
            await story.PollAsync("a");
            await story.CommitAsync("a");
            await story.LeaveAsync("a");
        },
        story => story.ResetAsync());

    private void Sweep(
        ConsumerSettings settings, Func<GroupStory, Task> before, Func<GroupStory, Task> story, bool staticIds = false) =>
        SystematicTests.Sweep(
            output,
            before: async at => await before(await GroupStory.BeginAsync(at, settings, staticIds)),
            at => story(at.Group!));
}
