using Microsoft.Extensions.Configuration;
using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;
using Serverless.Functions.Http;

namespace Serverless.Functions;

/// <summary>Reads from the application's settings how much of everything there may be: <c>Limits__TopicsMax</c>, and so on (docs/limits.md).</summary>
public static class LimitSettings
{
    private const string Section = "Limits";

    /// <exception cref="SettingException">A value cannot work.</exception>
    public static TopicOptions Topics(IConfiguration configuration)
    {
        var given = new TopicOptions();
        return given with
        {
            TopicsMax = Read(configuration, "TopicsMax", given.TopicsMax, 100_000),
            PartitionsMax = Read(configuration, "TopicPartitionsMax", given.PartitionsMax, Limits.PartitionsMax),
        };
    }

    /// <exception cref="SettingException">A value cannot work.</exception>
    public static GroupOptions Groups(IConfiguration configuration)
    {
        var (given, http) = (new GroupOptions(), HttpSettings.From(configuration));
        return given with
        {
            // A poll is bounded where it is asked for, as every read is.
            PollWaitMax = http.WaitMax,
            PollBytesMax = http.ResponseBytesMax,
            PollRecordsMax = http.ResponseRecordsMax,
            InstancesMax = Read(configuration, "GroupInstancesMax", given.InstancesMax, 1_000),
            MetadataBytesMax = Read(configuration, "OffsetMetadataBytesMax", given.MetadataBytesMax, 16_384, least: 0),
        };
    }

    /// <exception cref="SettingException">A value cannot work.</exception>
    public static TransactionOptions Transactions(IConfiguration configuration)
    {
        var given = new TransactionOptions();
        return given with
        {
            IdsMax = Read(configuration, "TransactionalIdsMax", given.IdsMax, 100_000),
            PartitionsMax = Read(configuration, "TransactionPartitionsMax", given.PartitionsMax, given.PartitionsMax),
            GroupsMax = Read(configuration, "TransactionGroupsMax", given.GroupsMax, given.GroupsMax),
            TimeoutMax = DurationSetting.Read(
                configuration, Section, "TransactionTimeoutMaxMs", given.TimeoutMax, (long)given.TimeoutDefault.TotalMilliseconds,
                (long)given.TimeoutMax.TotalMilliseconds),
        };
    }

    private static int Read(IConfiguration configuration, string name, int given, int most, int least = 1) =>
        (int)IntegerSetting.Read(configuration, Section, name, given, least, most);
}
