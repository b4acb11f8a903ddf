using Microsoft.Extensions.Configuration;
using Serverless.Functions;
using Xunit;

namespace Serverless.Edge;

public sealed class RepeatSettingsTests
{
    [Fact]
    public void What_is_not_set_keeps_its_default()
    {
        Assert.Equal((TimeSpan.FromHours(24), false), (RepeatSettings.Keys(Settings()).Retention, RepeatSettings.Keys(Settings()).KeyRequired));
        Assert.Equal(TimeSpan.FromDays(1), RepeatSettings.Producers(Settings()).Expiration);
    }

    [Fact]
    public void What_is_set_counts()
    {
        var settings = Settings(("KeyRetentionMs", "3600000"), ("KeyRequired", "true"), ("ProducerExpirationMs", "60000"));

        Assert.Equal((TimeSpan.FromHours(1), true), (RepeatSettings.Keys(settings).Retention, RepeatSettings.Keys(settings).KeyRequired));
        Assert.Equal(TimeSpan.FromMinutes(1), RepeatSettings.Producers(settings).Expiration);
    }

    [Theory]
    [InlineData("KeyRetentionMs", "0")]
    [InlineData("KeyRetentionMs", "-1")]
    [InlineData("KeyRetentionMs", "1h")]
    [InlineData("KeyRequired", "yes")]
    [InlineData("ProducerExpirationMs", "99999999999999")]
    public void A_value_that_cannot_work_is_named(string name, string value)
    {
        var settings = Settings((name, value));

        var failure = Assert.Throws<SettingException>(() => (RepeatSettings.Keys(settings), RepeatSettings.Producers(settings)));

        Assert.Contains($"Idempotency__{name}", failure.Message, StringComparison.Ordinal);
    }

    private static IConfiguration Settings(params (string Name, string Value)[] values) => new ConfigurationBuilder()
        .AddInMemoryCollection(values.Select(set => KeyValuePair.Create($"Idempotency:{set.Name}", (string?)set.Value))).Build();
}
