using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Serverless.Core.Delivery;
using Serverless.Core.Groups;
using Serverless.Functions.Delivery.Webhooks;
using Serverless.Functions.Http.Delivery;

namespace Serverless.Functions.Delivery;

/// <summary>What push delivery is made of. An app that has handlers registers them as <see cref="IRecordHandler"/>.</summary>
internal static class DeliveryRegistration
{
    public static IServiceCollection AddDeliveries(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(DeliveryOptionsSettings.From(configuration));
        services.TryAddSingleton<IGroupShares>(provider => provider.GetRequiredService<ConsumerGroups>());
        services.TryAddSingleton<Deliveries>();
        services.TryAddSingleton<DeliveryTargets>();
        services.TryAddSingleton<DeliveryWorker>();
        services.TryAddSingleton<DeliveryStates>();
        services.TryAddSingleton<DeliveryAdmin>();
        services.TryAddSingleton<DeliverySupervisor>();
        services.TryAddSingleton<DeadLetterReplay>();
        services.TryAddSingleton(SelfAddress.From(configuration));
        services.TryAddSingleton<WorkerSignature>();
        services.TryAddSingleton<WorkerRuns>();
        services.TryAddSingleton<IWorkerStarter, WorkerCaller>();
        services.TryAddSingleton<DeliveryPulse>();

        services.TryAddSingleton(provider => WebhookSafety.From(
            configuration, provider.GetRequiredService<StorageSettings>(), provider.GetRequiredService<SelfAddress>()));
        services.TryAddSingleton<ResolveHost>(Dns.GetHostAddressesAsync);
        services.TryAddSingleton<ConnectTo>(WebhookClient.ConnectAsync);
        services.TryAddSingleton<WebhookClient>();
        services.TryAddSingleton<WebhookConsent>();
        services.TryAddSingleton<IWebhooks, Webhooks.Webhooks>();
        services.TryAddSingleton(provider => new WebhookCheck(
            provider.GetRequiredService<Deliveries>(), provider.GetRequiredService<WebhookSafety>(),
            provider.GetRequiredService<WebhookConsent>(), provider.GetRequiredService<SelfAddress>()));

        // Each of them leads to the others: records that are copied are appended, and what is appended starts workers.
        services.TryAddSingleton<Func<DeliverySupervisor>>(provider => provider.GetRequiredService<DeliverySupervisor>);
        services.TryAddSingleton<Func<WorkerRuns>>(provider => provider.GetRequiredService<WorkerRuns>);
        return services;
    }
}
