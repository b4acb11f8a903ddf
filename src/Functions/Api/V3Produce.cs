using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core;
using Serverless.Core.Log;
using Serverless.Core.Topics;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Produce;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Appends one record or several; each is answered by a report of its own.</summary>
public sealed class V3Produce(HttpEdge edge, ITopicCatalog topics, Producer producer)
{
    [Function("V3Produce")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v3/clusters/{cluster}/topics/{topic}/records")]
        HttpRequest request, string cluster, string topic) =>
        edge.ServeAsync(request, Operation.V3Produce, async call =>
        {
            using var body = await call.ReadBodyAsync();
            var records = ProduceRequestV3.Parse(body, call.Limits);
            var links = Links.Of(call, cluster);
            if (records is [{ Refusal: { } refusal }])
            {
                // What is wrong with the only record comes before the look-up of its topic.
                throw new RequestException(refusal);
            }

            var outcomes = await ProduceAsync(topic, records, call.CancellationToken);
            return ProduceReply.V3(links.ClusterId, topic, records, outcomes);
        });

    // Null where a record was refused before it came so far.
    private async ValueTask<ProduceOutcome?[]> ProduceAsync(
        string topic, IReadOnlyList<RecordV3> records, CancellationToken cancellationToken)
    {
        var outcomes = new ProduceOutcome?[records.Count];
        int[] sound = [.. Enumerable.Range(0, records.Count).Where(i => records[i].Record is not null)];
        var found = await topics.FindLegalAsync(topic, cancellationToken);
        var produced = found is null
            ? [.. sound.Select(_ => ProduceOutcome.Failed(ErrorCode.UnknownTopicOrPartition))]
            : await producer.ProduceAsync(found, [.. sound.Select(i => records[i].Record!)], cancellationToken);
        for (var n = 0; n < sound.Length; n++)
        {
            outcomes[sound[n]] = produced[n];
        }

        return outcomes;
    }
}
