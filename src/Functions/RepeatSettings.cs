using Microsoft.Extensions.Configuration;
using Serverless.Core.Idempotency;
using Serverless.Core.Transactions;

namespace Serverless.Functions;

/// <summary>Reads from the application's settings how long what tells repetitions is kept.</summary>
/// <remarks>
/// <c>Idempotency__KeyRetentionMs</c>, <c>Idempotency__KeyRequired</c> and <c>Idempotency__ProducerExpirationMs</c>: Kafka's and the HTTP
/// contract's <c>idempotency.key.retention.ms</c>, <c>idempotency.key.required</c> and <c>producer.id.expiration.ms</c>.
/// </remarks>
public static class RepeatSettings
{
    private const string Section = "Idempotency";

    /// <exception cref="SettingException">A value cannot work.</exception>
    public static IdempotencyOptions Keys(IConfiguration configuration)
    {
        var given = new IdempotencyOptions();
        return given with
        {
            Retention = DurationSetting.Read(configuration, Section, "KeyRetentionMs", given.Retention),
            KeyRequired = Bool(configuration, "KeyRequired", given.KeyRequired),
        };
    }

    /// <exception cref="SettingException">A value cannot work.</exception>
    public static ProducerIdOptions Producers(IConfiguration configuration)
    {
        var given = new ProducerIdOptions();
        return given with { Expiration = DurationSetting.Read(configuration, Section, "ProducerExpirationMs", given.Expiration) };
    }

    private static bool Bool(IConfiguration configuration, string name, bool given) => configuration[$"{Section}:{name}"] switch
    {
        null or "" => given,
        var text when bool.TryParse(text, out var value) => value,
        _ => throw new SettingException($"{Section}__{name} must be true or false."),
    };
}
