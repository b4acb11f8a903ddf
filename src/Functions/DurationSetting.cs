using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Serverless.Functions;

/// <summary>Reads a time in milliseconds from the application's settings.</summary>
internal static class DurationSetting
{
    private const long MillisecondsMax = 366L * 24 * 60 * 60 * 1000;

    /// <exception cref="SettingException">The value cannot work.</exception>
    public static TimeSpan Read(IConfiguration configuration, string section, string name, TimeSpan given) =>
        configuration[$"{section}:{name}"] switch
        {
            null or "" => given,
            var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ms) && ms is >= 1_000 and <= MillisecondsMax =>
                TimeSpan.FromMilliseconds(ms),
            _ => throw new SettingException($"{section}__{name} must be an integer from 1000 to {MillisecondsMax}."),
        };
}
