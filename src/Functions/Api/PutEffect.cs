using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Effects;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Effects;

namespace Serverless.Functions.Api;

/// <summary>Claims an effect, or records its result.</summary>
public sealed class PutEffect(HttpEdge edge, EffectLedger ledger)
{
    [Function("PutEffect")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "effects/{scope}/{key}")]
        HttpRequest request, string scope, string key) =>
        edge.ServeAsync(request, Operation.V2Write, Need.EffectScope(scope), async call =>
        {
            using var body = await call.ReadBodyAsync();
            var asked = EffectRequest.Parse(body);
            var name = EffectName.Of(scope, key);
            return asked.Record is { } record
                ? await RecordAsync(call, name, record)
                : await ClaimAsync(call, name, asked);
        });

    private async ValueTask<Reply> ClaimAsync(Call call, EffectName name, EffectRequest asked) =>
        await ledger.ClaimAsync(name.Scope, name.Key, asked.Lease, asked.Holder, call.CancellationToken) switch
        {
            ClaimAnswer.Claimed claimed => name.Claimed(call, claimed.Claim, StatusCodes.Status201Created),
            ClaimAnswer.Done done => name.Done(call, done.Record),
            ClaimAnswer.Held held => throw new RequestException(Problem.EffectHeld(held.RetryAfter)),
            _ => throw new RequestException(Problem.Internal),
        };

    private async ValueTask<Reply> RecordAsync(Call call, EffectName name, EffectRequest.Recording record) =>
        await ledger.CompleteAsync(
            name.Scope, name.Key, record.Token, record.Result, MediaType.PlainJson, call.CancellationToken) switch
        {
            CompleteAnswer.Done done => name.Done(call, done.Record),
            CompleteAnswer.Fenced => throw new RequestException(Problem.EffectFenced),
            _ => throw new RequestException(Problem.EffectNotFound),
        };
}
