namespace Serverless.Functions.Timers;

/// <summary>Something that nobody asks for and that must be done now and then.</summary>
/// <param name="EveryMinutes">How often; a divisor of 60.</param>
/// <param name="Minute">Which of them it is done in, counted from the hour: so that not all come at once.</param>
/// <param name="RunAsync">Does some of it. It may be run twice, late, and in two processes at once without harm.</param>
internal sealed record Chore(string Name, int EveryMinutes, int Minute, Func<CancellationToken, Task> RunAsync)
{
    public bool IsDue(DateTimeOffset minute) => minute.Minute % EveryMinutes == Minute % EveryMinutes;
}
