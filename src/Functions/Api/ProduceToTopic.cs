using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Produce;

namespace Serverless.Functions.Api;

/// <summary>Appends records to a topic; the partition is each record's choice, or its key's.</summary>
public sealed class ProduceToTopic(HttpEdge edge, ProducingV2 producing)
{
    [Function("ProduceToTopic")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "topics/{topic}")]
        HttpRequest request, string topic) =>
        edge.ServeAsync(request, Operation.V2Produce, Need.Topic(topic, AclOperation.Write), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var keyed = call.Keyed(body);
            var sent = ProduceRequestV2.ParseRequest(body, call.RecordsType(), pathPartition: null, call.Limits);
            return await producing.ServeAsync(call, keyed, topic, partition: null, sent);
        });
}
