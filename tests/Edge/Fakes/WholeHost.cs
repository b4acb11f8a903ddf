using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Serverless.Core.Groups;
using Serverless.Core.Log;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Memory;
using Serverless.Core.Topics;
using Serverless.Core.Transactions;
using Serverless.Functions;

namespace Serverless.Edge.Fakes;

/// <summary>The service as it is put together everywhere, on stores in memory: only what is below is a fake.</summary>
internal static class WholeHost
{
    public static EdgeHost Start()
    {
#pragma warning disable RS0030 // Waits are real here.
        var clock = TimeProvider.System;
#pragma warning restore RS0030

        // Named, as it must be, and never asked: the stores are there before.
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { [StorageSettings.LogStorage] = StorageSettings.DevelopmentStorage })
            .Build();
        return new EdgeHost(rows: new MemoryRowStore(clock), configure: services =>
        {
            services.RemoveAll<ITopicCatalog>().RemoveAll<IPartitionLogs>().RemoveAll<IConsumerGroups>().RemoveAll<ITransactions>();
            services.RemoveAll<TimeProvider>().AddSingleton(clock);
            services.AddSingleton<IBlobStore>(new MemoryBlobStore(clock));
            services.AddSingleton<IConfiguration>(configuration);
            services.AddServerlessLog(configuration);
        });
    }
}
