using Azure.Core;
using Azure.Data.Tables;
using Serverless.Core.Telemetry;

namespace Serverless.Core.Storage.Azure;

/// <summary>Where in a storage account the log lives, and how long it is waited for.</summary>
public sealed record AzureStorageOptions
{
    /// <summary>The blob container of all partitions. Made when first needed.</summary>
    public string ContainerName { get; init; } = "logs";

    /// <summary>Put before each table's name, so that several logs can share an account. Lower-case letters and digits.</summary>
    public string TablePrefix { get; init; } = "";

    /// <summary>How long one attempt may take, or one read of its body stand still.</summary>
    public TimeSpan NetworkTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a read is tried again before it fails. Mutations never are.</summary>
    public int ReadRetriesMax { get; init; } = 4;

    /// <summary>The pause before the first of these; each further one is twice as long.</summary>
    public TimeSpan ReadRetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest of these pauses.</summary>
    public TimeSpan ReadRetryDelayMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Called with the options of each client before it is made: a host's transport, a test's faults.</summary>
    public Action<ClientOptions>? ConfigureClient { get; init; }

    /// <summary>Told of each request that is sent, retries included.</summary>
    public LogMetrics Metrics { get; init; } = LogMetrics.None;

    /// <summary>Times the requests.</summary>
    public TimeProvider? Clock { get; init; }

    internal TOptions ForMutations<TOptions>(TOptions options)
        where TOptions : ClientOptions
    {
        options.Retry.MaxRetries = 0;
        options.AddPolicy(new SendOncePolicy(), HttpPipelinePosition.PerCall);
        options.AddPolicy(new ReplyClock.Policy(), HttpPipelinePosition.PerCall);
        return Configure(options);
    }

    internal TOptions ForReads<TOptions>(TOptions options)
        where TOptions : ClientOptions
    {
        options.Retry.Mode = RetryMode.Exponential;
        options.Retry.MaxRetries = ReadRetriesMax;
        options.Retry.Delay = ReadRetryDelay;
        options.Retry.MaxDelay = ReadRetryDelayMax;
        return Configure(options);
    }

    private TOptions Configure<TOptions>(TOptions options)
        where TOptions : ClientOptions
    {
        options.Retry.NetworkTimeout = NetworkTimeout;

        // Before what a host or a test puts next to the transport, so that it sees what becomes of that.
        options.AddPolicy(new StorageCallPolicy(options is TableClientOptions, Metrics, Clock), HttpPipelinePosition.BeforeTransport);
        ConfigureClient?.Invoke(options);
        return options;
    }
}
