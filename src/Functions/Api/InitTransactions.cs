using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Access;
using Serverless.Core.Transactions;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Transactions;

namespace Serverless.Functions.Api;

/// <summary>Begins an incarnation of a transactional id: older ones are fenced, and what they left open is decided.</summary>
public sealed class InitTransactions(HttpEdge edge, KeyGate gate, ITransactions transactions)
{
    [Function("InitTransactions")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "transactions/{id}")]
        HttpRequest request, string id) =>
        edge.ServeAsync(request, Operation.V2Create, Need.TransactionalId(id, AclOperation.Write), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var keyed = call.Keyed(body);
            var timeout = InitRequest.Parse(body);
            var name = RequestNames.TransactionalId(id);
            return await gate.OnceAsync(call, keyed, async _ =>
            {
                var begun = (await transactions.InitAsync(name, timeout, call.CancellationToken)).OrThrow();
                return call.Json(json =>
                {
                    json.WriteStartObject();
                    json.WriteString("instance_id"u8, begun.InstanceId);
                    json.WriteString("base_uri"u8, $"{call.BaseUrl}/transactions/{Uri.EscapeDataString(name)}/instances/{Uri.EscapeDataString(begun.InstanceId)}");
                    json.WriteNumber("producer_id"u8, begun.ProducerId);
                    json.WriteNumber("producer_epoch"u8, begun.ProducerEpoch);
                    json.WriteEndObject();
                }).WithEpoch(begun.ProducerEpoch);
            });
        });
}
