using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core;
using Serverless.Core.Access;
using Serverless.Core.Log;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Produce;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Appends one record or several; each is answered by a report of its own.</summary>
public sealed class V3Produce(HttpEdge edge, KeyGate gate, Producer producer)
{
    [Function("V3Produce")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v3/clusters/{cluster}/topics/{topic}/records")]
        HttpRequest request, string cluster, string topic) =>
        edge.ServeAsync(request, Operation.V3Produce, Need.Topic(topic, AclOperation.Write), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var keyed = call.Keyed(body);
            var records = ProduceRequestV3.Parse(body, call.Limits);
            var links = Links.Of(call, cluster);
            if (records is [{ Refusal: { } refusal }])
            {
                // What is wrong with the only record comes before the look-up of its topic.
                throw new RequestException(refusal);
            }

            // What was refused by itself comes no further.
            int[] sound = [.. Enumerable.Range(0, records.Count).Where(i => records[i].Record is not null)];
            ProduceRecord[] sent = [.. sound.Select(i => records[i].Record!)];
            return await gate.ProduceAsync(call, keyed, topic, partition: null, needsKey: true, sent, async (found, key) =>
            {
                var produced = found is null
                    ? [.. sent.Select(_ => ProduceOutcome.Failed(ErrorCode.UnknownTopicOrPartition))]
                    : await producer.ProduceAsync(
                        found, sent, key is null ? null : new ProduceIdentity.Key(key), call.CancellationToken);
                var outcomes = new ProduceOutcome?[records.Count];
                for (var n = 0; n < sound.Length; n++)
                {
                    outcomes[sound[n]] = produced[n];
                }

                return new Produced(produced, ProduceReply.V3(links.ClusterId, topic, records, outcomes));
            });
        });
}
