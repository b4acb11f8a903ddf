namespace Serverless.Chaos.World;

/// <summary>The least that a run must have done: one that idles finds nothing, and must not pass.</summary>
internal sealed record Floors(int Kills, int Stops, int Operations, int Acknowledged, int Polls, int Faults)
{
    private const int ShowSeconds = 600;

    // The show, in ten minutes: 300 kills, 100 stops, 100,000 operations. A short run may be on a busy machine, so of it less is asked.
    private static readonly Floors Show = new(300, 100, 100_000, 20_000, 5_000, 1_000);

    public static Floors Of(ChaosSettings settings)
    {
        var time = Math.Min(1, (double)settings.Seconds / ShowSeconds);
        var (attacks, work) = time == 1 ? (1, 1) : (0.4 * time, 0.15 * time);
        return new Floors(
            (int)(Show.Kills * attacks), (int)(Show.Stops * attacks), (int)(Show.Operations * work), (int)(Show.Acknowledged * work),
            (int)(Show.Polls * work), (int)(Show.Faults * work));
    }

    public void Require(Summary summary)
    {
        var did = new Floors(
            summary.Tally.Kills, summary.Tally.Stops, summary.Operations, summary.Acknowledged, summary.Polls, summary.Faults);
        var isEnough = did.Kills >= Kills && did.Stops >= Stops && did.Operations >= Operations && did.Acknowledged >= Acknowledged
            && did.Polls >= Polls && did.Faults >= Faults;
        Assert.True(isEnough, $"The run did {did}, and must do {this}.\n{summary}");
    }
}
