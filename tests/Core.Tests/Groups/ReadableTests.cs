using Serverless.Core.Groups;
using Xunit;
using static Serverless.Core.Tests.Groups.GroupWorld;

namespace Serverless.Core.Tests.Groups;

/// <summary>Polls of consumers that may not read every topic.</summary>
public sealed class ReadableTests
{
    private readonly GroupWorld _world = new();

    public ReadableTests()
    {
        _world.Topic("mine", 1, records: 2);
        _world.Topic("theirs", 1, records: 2);
    }

    [Fact]
    public async Task A_topic_that_is_subscribed_by_name_and_may_not_be_read_is_an_error_and_nothing_moves()
    {
        await _world.JoinAsync("c1", null, "mine", "theirs");

        var refused = await PollAsync(topic => topic == "mine");
        var allowed = await PollAsync(_ => true);

        Assert.Equal(ErrorCode.TopicAuthorizationFailed, refused.Error);
        Assert.Empty(refused.Slices);
        Assert.Equal(4, Values(allowed).Count);
    }

    [Fact]
    public async Task So_is_one_that_is_assigned_by_hand()
    {
        Ok(await _world.Groups.CreateInstanceAsync(Group, "c1", Earliest, false, default));
        Ok(await _world.Groups.AssignAsync(Group, "c1", [new("mine", 0), new("theirs", 0)], default));

        Assert.Equal(ErrorCode.TopicAuthorizationFailed, (await PollAsync(topic => topic == "mine")).Error);
        Assert.Equal(4, Values(await PollAsync(_ => true)).Count);
    }

    [Fact]
    public async Task One_that_a_pattern_means_is_left_out_and_stays_where_it_is()
    {
        Ok(await _world.Groups.CreateInstanceAsync(Group, "c1", Earliest, false, default));
        Ok(await _world.Groups.SubscribeAsync(Group, "c1", new(null, ".*"), default));

        var part = await PollAsync(topic => topic == "mine");
        var none = await PollAsync(topic => topic == "mine");
        var rest = await PollAsync(_ => true);

        Assert.Equal(["mine-0-0", "mine-0-1"], Values(part));
        Assert.Empty(Values(none));
        Assert.Equal(["theirs-0-0", "theirs-0-1"], Values(rest));
    }

    private async Task<PollAnswer> PollAsync(Predicate<string> readable) => await _world.Groups.PollAsync(
        Group, "c1", new() { Showable = Anything, Wait = TimeSpan.Zero, Readable = readable }, default);
}
