using Azure.Core;
using Azure.Core.Pipeline;

namespace Serverless.Functions.Http.Quotas;

/// <summary>What this process may ask of storage in a minute. All that it asks counts; only requests are refused where it is too much.</summary>
/// <remarks>
/// Each attempt counts, also those that fail: all are billed. Timers and deliveries go on, as what they do is owed already, and so the
/// budget may be in debt; at most by a minute's worth.
/// </remarks>
public sealed class StorageBudget(QuotaOptions options, TimeProvider clock)
{
    private readonly Meter _calls = new(options.StorageCalls, clock);

    /// <summary>How long until what was asked is paid for; zero where nothing is owed.</summary>
    internal TimeSpan Debt => _calls.Debt;

    public void Spend(int calls) => _calls.Charge(calls);

    /// <summary>Counts what clients with these options send.</summary>
    public void CountIn(ClientOptions client) => client.AddPolicy(new Counting(this), HttpPipelinePosition.PerRetry);

    private sealed class Counting(StorageBudget budget) : HttpPipelineSynchronousPolicy
    {
        public override void OnSendingRequest(HttpMessage message) => budget.Spend(1);
    }
}
