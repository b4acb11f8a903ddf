using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core;
using Serverless.Core.Access;
using Serverless.Core.Delivery;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Delivery;
using Serverless.Functions.Http.V3;

namespace Serverless.Functions.Api;

/// <summary>Sends chosen dead letters of a delivery back to where they are from, all or none.</summary>
public sealed class V3ReplayDeadLetters(HttpEdge edge, Deliveries deliveries, DeadLetterReplay replay)
{
    [Function("V3ReplayDeadLetters")]
    public Task<IResult> Run(
        [HttpTrigger(
            AuthorizationLevel.Anonymous, "post", Route = "v3/clusters/{cluster}/consumer-groups/{group}/delivery/dead-letters:replay")]
        HttpRequest request, string cluster, string group) =>
        edge.ServeAsync(request, Operation.V3Write, Need.Group(group, AclOperation.Alter), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var letters = ReplayRequest.Parse(body);
            Links.Of(call, cluster);
            var delivery = await deliveries.FindAsync(RequestNames.Group(group), call.CancellationToken)
                ?? throw new RequestException(DeliveryWriter.NotFound);
            call.Demand(Need.Topics(new[] { delivery.Settings.DeadLetterTopic }.OfType<string>(), AclOperation.Read));
            var answer = await replay.ReplayAsync(
                delivery, letters, topic => call.Caller.May(AclResourceType.Topic, topic, AclOperation.Write), call.CancellationToken);
            if (answer.Error is ErrorCode.InvalidRecord or ErrorCode.UnknownTopicOrPartition)
            {
                throw new RequestException(Problem.NotFound(answer.Message ?? "The dead-letter topic is gone."));
            }

            var sent = answer.Value ?? throw new RequestException(ErrorReply.FromTransaction(answer.Error, answer.Message));
            call.Audit.LettersReplayed(delivery.Group);
            return call.Json(json => ReplayRequest.Write(json, sent));
        });
}
