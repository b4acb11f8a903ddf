using Microsoft.Extensions.Configuration;
using Serverless.Core.Delivery;
using Serverless.Functions;
using Serverless.Functions.Delivery;
using Xunit;

namespace Serverless.Edge.Delivery;

public sealed class DeliveryOptionsSettingsTests
{
    [Fact]
    public void What_is_not_set_or_empty_keeps_its_default()
    {
        Assert.Equal(new DeliveryOptions(), From());
        Assert.Equal(new DeliveryOptions(), From(("SliceMs", ""), ("SessionTimeoutMs", ""), ("IdleMs", ""), ("PartitionsPerWorker", "")));
    }

    [Fact]
    public void Each_setting_counts_at_its_borders()
    {
        var least = From(("SliceMs", "2000"), ("SessionTimeoutMs", "6000"), ("IdleMs", "1000"), ("PartitionsPerWorker", "1"));
        var most = From(("SliceMs", "180000"), ("SessionTimeoutMs", "300000"), ("IdleMs", "179000"), ("PartitionsPerWorker", "1000"));

        Assert.Equal((2, 6, 1, 1), Seconds(least));
        Assert.Equal((180, 300, 179, 1000), Seconds(most));
        Assert.Equal(new DeliveryOptions().HeartbeatInterval, least.HeartbeatInterval);
    }

    [Fact]
    public void A_slice_is_longer_than_it_takes_to_know_that_there_is_nothing_to_do()
    {
        var refused = Assert.Throws<SettingException>(() => From(("SliceMs", "5000"), ("IdleMs", "5000")));

        Assert.Equal("Delivery__SliceMs must be more than Delivery__IdleMs.", refused.Message);
    }

    [Theory]
    [InlineData("SliceMs", "999", "1000 to 180000")]
    [InlineData("SliceMs", "180001", "1000 to 180000")]
    [InlineData("SliceMs", "0", "1000 to 180000")]
    [InlineData("SessionTimeoutMs", "5999", "6000 to 300000")]
    [InlineData("SessionTimeoutMs", "300001", "6000 to 300000")]
    [InlineData("IdleMs", "999", "1000 to 180000")]
    [InlineData("IdleMs", "180001", "1000 to 180000")]
    [InlineData("PartitionsPerWorker", "0", "1 to 1000")]
    [InlineData("PartitionsPerWorker", "1001", "1 to 1000")]
    [InlineData("PartitionsPerWorker", "-1", "1 to 1000")]
    [InlineData("PartitionsPerWorker", "4294967297", "1 to 1000")]
    [InlineData("PartitionsPerWorker", "99999999999999999999", "1 to 1000")]
    [InlineData("SliceMs", "60s", "1000 to 180000")]
    [InlineData("SliceMs", "00:01:00", "1000 to 180000")]
    [InlineData("SliceMs", " 60000", "1000 to 180000")]
    [InlineData("SliceMs", "+60000", "1000 to 180000")]
    [InlineData("SliceMs", "6e4", "1000 to 180000")]
    [InlineData("SliceMs", "٦٠٠٠٠", "1000 to 180000")]
    public void A_value_that_cannot_work_is_named(string name, string value, string bounds)
    {
        var failure = Assert.Throws<SettingException>(() => From((name, value)));

        Assert.Equal($"Delivery__{name} must be an integer from {bounds}.", failure.Message);
    }

    private static (double, double, double, int) Seconds(DeliveryOptions options) => (
        options.Slice.TotalSeconds, options.SessionTimeout.TotalSeconds, options.IdleMax.TotalSeconds, options.PartitionsPerWorker);

    private static DeliveryOptions From(params (string Name, string Value)[] settings) =>
        DeliveryOptionsSettings.From(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(set => KeyValuePair.Create($"Delivery:{set.Name}", (string?)set.Value))).Build());
}
