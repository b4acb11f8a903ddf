using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Serverless.Functions;

/// <summary>Reads a whole number from the application's settings.</summary>
internal static class IntegerSetting
{
    /// <exception cref="SettingException">The value cannot work.</exception>
    public static long Read(IConfiguration configuration, string section, string name, long given, long least, long most) =>
        configuration[$"{section}:{name}"] switch
        {
            null or "" => given,
            var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
                && value >= least && value <= most => value,
            _ => throw new SettingException($"{section}__{name} must be an integer from {least} to {most}."),
        };
}
