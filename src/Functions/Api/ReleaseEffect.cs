using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Core.Effects;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Effects;

namespace Serverless.Functions.Api;

/// <summary>Gives the claim of an effect up, which has not happened: the next who asks gets it at once.</summary>
public sealed class ReleaseEffect(HttpEdge edge, EffectLedger ledger)
{
    private const string Token = "fencing_token";

    private static readonly Operation Releasing = Operation.V2Read with { QueryNames = [Token] };

    [Function("ReleaseEffect")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "effects/{scope}/{key}")]
        HttpRequest request, string scope, string key) =>
        edge.ServeAsync(request, Releasing, Need.EffectScope(scope), async call =>
        {
            var token = call.Query.Integer(Token, 1, long.MaxValue) ?? throw Query.Bad($"Query parameter {Token} is missing.");
            var name = EffectName.Of(scope, key);
            return await ledger.ReleaseAsync(name.Scope, name.Key, token, call.CancellationToken) switch
            {
                ReleaseAnswer.Released => Reply.NoContent,
                ReleaseAnswer.Fenced => throw new RequestException(Problem.EffectFenced),
                _ => throw new RequestException(Problem.EffectNotFound),
            };
        });
}
