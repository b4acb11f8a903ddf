using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Effects;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Effects;

namespace Serverless.Functions.Api;

/// <summary>Whether an effect is claimed or done, and what came of it.</summary>
public sealed class GetEffect(HttpEdge edge, EffectLedger ledger)
{
    [Function("GetEffect")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "effects/{scope}/{key}")]
        HttpRequest request, string scope, string key) =>
        edge.ServeAsync(request, Operation.V2Read, Need.EffectScope(scope), async call =>
        {
            var name = EffectName.Of(scope, key);
            return await ledger.ReadAsync(name.Scope, name.Key, call.CancellationToken) switch
            {
                EffectState.Claimed claimed => name.Claimed(call, claimed.Claim, StatusCodes.Status200OK),
                EffectState.Done done => name.Done(call, done.Record),
                _ => throw new RequestException(Problem.EffectNotFound),
            };
        });
}
