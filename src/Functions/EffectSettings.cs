using Microsoft.Extensions.Configuration;
using Serverless.Core.Effects;

namespace Serverless.Functions;

/// <summary>Reads from the application's settings how long the ledger keeps effects: <c>Effects__RetentionMs</c>.</summary>
public static class EffectSettings
{
    /// <exception cref="SettingException">The value cannot work.</exception>
    public static EffectOptions From(IConfiguration configuration)
    {
        var given = new EffectOptions();
        return given with { Retention = DurationSetting.Read(configuration, "Effects", "RetentionMs", given.Retention) };
    }
}
