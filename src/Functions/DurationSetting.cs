using Microsoft.Extensions.Configuration;

namespace Serverless.Functions;

/// <summary>Reads a time in milliseconds from the application's settings.</summary>
internal static class DurationSetting
{
    private const long MillisecondsMax = 366L * 24 * 60 * 60 * 1000;

    /// <exception cref="SettingException">The value cannot work.</exception>
    public static TimeSpan Read(
        IConfiguration configuration, string section, string name, TimeSpan given, long least = 1_000, long most = MillisecondsMax) =>
        TimeSpan.FromMilliseconds(
            IntegerSetting.Read(configuration, section, name, (long)given.TotalMilliseconds, least, most));
}
