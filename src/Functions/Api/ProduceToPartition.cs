using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Produce;

namespace Serverless.Functions.Api;

/// <summary>Appends records to one partition.</summary>
public sealed class ProduceToPartition(HttpEdge edge, ProducingV2 producing)
{
    [Function("ProduceToPartition")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "topics/{topic}/partitions/{partition}")]
        HttpRequest request, string topic, string partition) =>
        edge.ServeAsync(request, Operation.V2Produce with { Partition = partition }, Need.Topic(topic, AclOperation.Write), async call =>
        {
            var number = call.Partition;
            using var body = await call.ReadBodyAsync();
            var keyed = call.Keyed(body);
            var sent = ProduceRequestV2.ParseRequest(body, call.RecordsType(), number, call.Limits);
            return await producing.ServeAsync(call, keyed, topic, number, sent);
        });
}
