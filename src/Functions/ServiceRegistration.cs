using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Serverless.Core;
using Serverless.Core.Effects;
using Serverless.Core.Groups;
using Serverless.Core.Groups.View;
using Serverless.Core.Idempotency;
using Serverless.Core.Log;
using Serverless.Core.Storage.Azure;
using Serverless.Core.Telemetry;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;
using Serverless.Functions.Access;
using Serverless.Functions.Delivery;
using Serverless.Functions.Health;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Produce;
using Serverless.Functions.Http.Quotas;
using Serverless.Functions.Http.Transactions;
using Serverless.Functions.OpenApi;
using Serverless.Functions.Telemetry;
using Serverless.Functions.Timers;

namespace Serverless.Functions;

/// <summary>The composition root: what the functions are made of, in every host. The only real clock, the only real chance.</summary>
public static class ServiceRegistration
{
    /// <summary>
    /// Registers the log and its clock, chance and storage. What is registered already stays, so that tests can put their
    /// own clock or stores in place before.
    /// </summary>
    public static IServiceCollection AddServerlessLog(this IServiceCollection services, IConfiguration configuration)
    {
#pragma warning disable RS0030 // A composition root names the real clock and the real chance.
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Random.Shared);
#pragma warning restore RS0030
        services.TryAddSingleton<IIdSource, RandomIdSource>();
        services.TryAddSingleton(StorageSettings.From(configuration));

        services.TryAddSingleton<AzureStorageOptions>();
        services.TryAddSingleton(provider => Connect(
            provider.GetRequiredService<StorageSettings>(),
            Counted(provider.GetRequiredService<AzureStorageOptions>(), provider.GetRequiredService<StorageBudget>()) with
            {
                Metrics = provider.GetRequiredService<LogMetrics>(), Clock = provider.GetRequiredService<TimeProvider>(),
            }));
        services.TryAddSingleton(provider => provider.GetRequiredService<AzureStorage>().Blobs);
        services.TryAddSingleton(provider => provider.GetRequiredService<AzureStorage>().Rows);

        // What is measured, and whether storage can be reached.
        services.AddMetrics();
        services.TryAddSingleton<LogMetrics>();
        services.TryAddSingleton(TelemetrySettings.From(configuration));
        services.TryAddSingleton<LagSweep>();
        services.TryAddSingleton<StorageHealth>();

        services.TryAddSingleton<LogOptions>();
        services.TryAddSingleton<LogContext>();
        services.TryAddSingleton<PartitionLogs>();
        services.TryAddSingleton<IPartitionLogs>(provider => new LogsWithPulse(
            new LogsWithOffsets(
                provider.GetRequiredService<PartitionLogs>(), provider.GetRequiredService<OffsetsView>(),
                provider.GetRequiredService<TimeProvider>()),
            provider.GetRequiredService<DeliveryPulse>));
        services.TryAddSingleton(LimitSettings.Topics(configuration));
        services.TryAddSingleton<TopicCatalog>();
        services.TryAddSingleton<ITopicCatalog>(provider => new CatalogWithOffsets(provider.GetRequiredService<TopicCatalog>()));
        services.TryAddSingleton<OffsetsViewOptions>();
        services.TryAddSingleton<OffsetsView>();
        services.TryAddSingleton<TopicSweep>();
        services.TryAddSingleton<RetentionSweep>();
        services.TryAddSingleton(LimitSettings.Groups(configuration));
        services.TryAddSingleton<ConsumerGroups>();
        services.TryAddSingleton<IConsumerGroups>(provider => provider.GetRequiredService<ConsumerGroups>());
        services.TryAddSingleton<IPendingOffsets>(provider => provider.GetRequiredService<ConsumerGroups>());
        services.TryAddSingleton(LimitSettings.Transactions(configuration));
        services.TryAddSingleton<ITransactions, TransactionCoordinator>();

        services.TryAddSingleton(RepeatSettings.Keys(configuration));
        services.TryAddSingleton<IdempotencyKeys>();
        services.TryAddSingleton<IdempotencySweep>();
        services.TryAddSingleton(RepeatSettings.Producers(configuration));
        services.TryAddSingleton<IProducerIds, ProducerIds>();
        services.TryAddSingleton(EffectSettings.From(configuration));
        services.TryAddSingleton<EffectLedger>();
        services.TryAddSingleton<EffectSweep>();

        services.AddDeliveries(configuration);
        services.TryAddSingleton<Chores>();

        // Http: what the functions share.
        services.TryAddSingleton(HttpSettings.From(configuration));
        services.TryAddSingleton(QuotaSettings.From(configuration));
        services.TryAddSingleton<StorageBudget>();
        services.TryAddSingleton<RequestQuotas>();
        services.TryAddSingleton<HttpEdge>();
        services.TryAddSingleton<Producer>();
        services.TryAddSingleton<DirectReader>();
        services.TryAddSingleton<KeyGate>();
        services.TryAddSingleton<ProducingV2>();
        services.TryAddSingleton<AddingRecords>();
        services.TryAddSingleton<OpenApiDocument>();
        services.AddAccess(AccessSettings.From(configuration, StorageSettings.From(configuration)));
        services.TryAddSingleton(_ => RouteTable.Of(typeof(ServiceRegistration).Assembly.GetTypes()));
        return services;
    }

    private static AzureStorageOptions Counted(AzureStorageOptions options, StorageBudget budget) =>
        options with { ConfigureClient = options.ConfigureClient + budget.CountIn };

    private static AzureStorage Connect(StorageSettings settings, AzureStorageOptions options)
    {
        if (settings.ConnectionString is { } connectionString)
        {
            try
            {
                return AzureStorage.Connect(connectionString, options);
            }
            catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
            {
                // What the clients say of it does not name the setting, and is not ours to vouch for: the text holds a key.
                throw new SettingException($"{settings.Name} is no connection string of a storage account.", e);
            }
        }

        return AzureStorage.Connect(settings.BlobServiceUri!, settings.TableServiceUri!, settings.Identity!.Credential(), options);
    }
}
