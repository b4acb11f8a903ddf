using Microsoft.Extensions.Configuration;
using NCrontab;

namespace Serverless.LocalHost;

/// <summary>When a timer is due: an NCRONTAB expression of six fields (five: at second 0), in UTC as on Azure.</summary>
internal sealed class TimerSchedule
{
    private readonly CrontabSchedule _schedule;

    private TimerSchedule(CrontabSchedule schedule) => _schedule = schedule;

    /// <summary>Reads an expression; <c>%Name%</c> stands for the setting of that name.</summary>
    /// <exception cref="StartException">There is no such setting, or the expression cannot be read.</exception>
    public static TimerSchedule Parse(string expression, IConfiguration settings)
    {
        var text = expression.Length > 2 && expression[0] == '%' && expression[^1] == '%'
            ? settings[expression[1..^1]] ?? throw new StartException($"The timer setting {expression} is not there.")
            : expression;
        var seconds = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 6;
        var schedule = CrontabSchedule.TryParse(text, new CrontabSchedule.ParseOptions { IncludingSeconds = seconds })
            ?? throw new StartException($"The timer schedule cannot be read: {text}");
        return new TimerSchedule(schedule);
    }

    /// <summary>The first occurrence after a moment; <see cref="DateTimeOffset.MaxValue"/> when there is none.</summary>
    public DateTimeOffset After(DateTimeOffset moment) =>
        new(DateTime.SpecifyKind(_schedule.GetNextOccurrence(moment.UtcDateTime), DateTimeKind.Utc));
}
