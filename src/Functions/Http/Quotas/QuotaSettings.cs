using Microsoft.Extensions.Configuration;

namespace Serverless.Functions.Http.Quotas;

/// <summary>Reads <see cref="QuotaOptions"/> from the application's settings: <c>Quota__RequestsPerSecond</c>, and so on.</summary>
public static class QuotaSettings
{
    private const string Section = "Quota";

    /// <exception cref="SettingException">A value cannot work.</exception>
    public static QuotaOptions From(IConfiguration configuration)
    {
        var given = new QuotaOptions();
        return new QuotaOptions
        {
            RequestsPerSecond = Read(nameof(given.RequestsPerSecond), given.RequestsPerSecond, 1_000_000),
            CreationsPerMinute = Read(nameof(given.CreationsPerMinute), given.CreationsPerMinute, 1_000_000),
            ProducerBytesPerSecond = Read(nameof(given.ProducerBytesPerSecond), given.ProducerBytesPerSecond, 1L << 40),
            ConsumerBytesPerSecond = Read(nameof(given.ConsumerBytesPerSecond), given.ConsumerBytesPerSecond, 1L << 40),
            StorageCallsPerMinute = Read(nameof(given.StorageCallsPerMinute), given.StorageCallsPerMinute, 100_000_000),
            ConcurrentRequests = Read(nameof(given.ConcurrentRequests), given.ConcurrentRequests, 1_000_000),
            ConcurrentRequestsPerCaller = Read(nameof(given.ConcurrentRequestsPerCaller), given.ConcurrentRequestsPerCaller, 1_000_000),
            ConcurrentPolls = Read(nameof(given.ConcurrentPolls), given.ConcurrentPolls, 1_000_000),
            ConcurrentPollsPerCaller = Read(nameof(given.ConcurrentPollsPerCaller), given.ConcurrentPollsPerCaller, 1_000_000),
            CallersMax = Read(nameof(given.CallersMax), given.CallersMax, 1_000_000, least: 1),
        };

        long Read(string name, long value, long most, long least = 0) =>
            IntegerSetting.Read(configuration, Section, name, value, least, most);
    }
}
