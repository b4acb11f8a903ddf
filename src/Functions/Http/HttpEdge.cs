using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serverless.Core;
using Serverless.Functions.Access;
using Serverless.Functions.Http.Quotas;
using Serverless.Functions.Telemetry;

namespace Serverless.Functions.Http;

/// <summary>The one way in: every HTTP function runs in here.</summary>
/// <remarks>
/// Checks in the contract's order (route, who asks and whether they may, type, what is accepted, query; the operation goes on with
/// body, content, look-up, state), runs the operation, and turns whatever it throws into the contract's error body. Nothing of an exception reaches the
/// client; it is logged under the id that the reply carries.
/// </remarks>
public sealed partial class HttpEdge(
    HttpLimits limits, AccessControl access, RequestQuotas quotas, AuditLog audit, TimeProvider clock, IIdSource ids,
    IHostApplicationLifetime lifetime, ILogger<HttpEdge> logger)
{
    public const string CorrelationHeader = "X-Correlation-Id";

    // Nobody reads it: the client has gone. The status is what proxies log for that.
    private static readonly Reply ClientGone = new() { Status = 499 };

    public HttpLimits Limits { get; } = limits.Validated();

    /// <param name="need">What the caller must be allowed, by the path alone; what the body names is demanded of the call.</param>
    internal async Task<IResult> ServeAsync(
        HttpRequest request, Operation operation, Need need, Func<Call, ValueTask<Reply>> handle)
    {
        var correlationId = CorrelationId(request);
        using var trace = RequestTrace.Begin(request, correlationId);
        var scope = new RequestScope(correlationId, trace?.TraceId);
        using var logged = logger.BeginScope(scope);
        var result = await ServeAsync(request, operation, need, handle, correlationId, scope);
        trace?.End(result.Status);
        return result;
    }

    private async Task<ReplyResult> ServeAsync(
        HttpRequest request, Operation operation, Need need, Func<Call, ValueTask<Reply>> handle, string correlationId, RequestScope scope)
    {
        Admission? admission = null;
        var aborted = request.HttpContext.RequestAborted;
        using var deadline = new CancellationTokenSource(Limits.OperationTimeout, clock);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(aborted, deadline.Token);
        try
        {
            RequireRoute(operation);
            var caller = await CallerAsync(request, need, any.Token);
            scope.Principal = caller.Id is { Length: > 0 } id ? id : null;
            admission = quotas.Admit(request, caller.Id, operation);

            // Where the reply is never sent.
            request.HttpContext.Response.RegisterForDispose(admission);
            caller.Demand(need);
            var call = Admit(request, operation, caller, new Audit(audit, caller, correlationId), admission, any.Token);
            return new ReplyResult(await handle(call), correlationId, admission);
        }
        catch (OperationCanceledException gaveUp) when (deadline.IsCancellationRequested)
        {
            RequestTookTooLong(gaveUp, correlationId, request.Method);
            return new ReplyResult(Refusal(request, operation.Version, Problem.StorageRetriable), correlationId, admission);
        }
        catch (Exception) when (aborted.IsCancellationRequested)
        {
            // A connection that breaks while its body is read throws many things.
            return new ReplyResult(ClientGone, correlationId, admission);
        }
        catch (Exception exception)
        {
            var problem = ErrorReply.From(exception);
            if (problem.Status >= 500)
            {
                RequestFailed(exception, correlationId, request.Method, problem.Code);
            }

            return new ReplyResult(
                Refusal(request, operation.Version, problem, exception as RequestException), correlationId, admission);
        }
    }

    /// <summary>Answers a request that no function takes.</summary>
    /// <param name="path">Without route prefix and leading slash.</param>
    /// <param name="allowed">The methods that its path has; none: there is no such path.</param>
    internal Task<IResult> RefuseRouteAsync(HttpRequest request, string path, IReadOnlyList<string> allowed)
    {
        var isV3 = path.Split('/')[0].Equals("v3", StringComparison.OrdinalIgnoreCase);
        var problem = allowed.Count > 0 ? Problem.MethodNotAllowed : Problem.RouteNotFound;
        var reply = Refusal(request, isV3 ? ApiVersion.V3 : ApiVersion.V2, problem);
        return Task.FromResult<IResult>(new ReplyResult(
            allowed.Count > 0 ? reply.With("Allow", string.Join(", ", allowed)) : reply, CorrelationId(request)));
    }

    // Whoever fails to say who they are is held against where they call from. Who proves it is let in from there all the same: behind a front
    // end an address is everybody's.
    private async ValueTask<Caller> CallerAsync(HttpRequest request, Need need, CancellationToken cancellationToken)
    {
        try
        {
            return await access.IdentifyAsync(request, need, cancellationToken);
        }
        catch (RequestException refused) when (refused.Problem == Problem.Unauthenticated)
        {
            quotas.AdmitNobody(request);
            throw;
        }
    }

    private static void RequireRoute(Operation operation)
    {
        if (operation.Partition is { } segment)
        {
            // No integer is no such route, which comes before all else that may be wrong with the request.
            RequestNames.Partition(segment);
        }
    }

    private Call Admit(HttpRequest request, Operation operation, Caller caller, Audit audit, Admission admission,
        CancellationToken cancellationToken)
    {
        var contentType = CheckedContentType(request, operation);
        var accept = Accept.Of(request);
        var replyType = operation.Version == ApiVersion.V3 ? accept.V3() : accept.V2();
        if (operation.RepliesWithRecords ? !accept.AnyRecords() && replyType is null : replyType is null)
        {
            throw new RequestException(Problem.NotAcceptable);
        }

        var key = operation.TakesKey ? IdempotencyHeader.KeyOf(request) : null;
        var query = Query.Of(request, operation.QueryNames);
        return new Call(
            request, operation, accept, replyType ?? MediaType.V2, contentType, query, key, Limits, clock, admission,
            lifetime.ApplicationStopping, cancellationToken)
        {
            Caller = caller,
            Audit = audit,
        };
    }

    private static MediaType? CheckedContentType(HttpRequest request, Operation operation)
    {
        if (operation.Body is BodyRule.None or BodyRule.Untyped)
        {
            return null;
        }

        var type = MediaType.OfRequest(request);
        var fine = operation.Body switch
        {
            BodyRule.V2 => type?.Name is null or MediaType.V2 or MediaType.Json or MediaType.Binary or MediaType.Text
                or MediaType.Kafka or MediaType.PlainJson,
            BodyRule.V2Records => type?.Name is MediaType.Json or MediaType.Binary
                || (type?.Name is MediaType.PlainJson && request.Query.ContainsKey("format")),
            _ => type?.Name is MediaType.PlainJson,
        };
        return fine ? type : throw new RequestException(Problem.UnsupportedMediaType);
    }

    internal static Reply Refusal(HttpRequest request, ApiVersion version, Problem problem, RequestException? refused = null)
    {
        var type = version == ApiVersion.V3 ? MediaType.PlainJson : Accept.Of(request).V2() ?? MediaType.PlainJson;
        var reply = Reply.Json(type, json => ErrorReply.Write(json, problem, refused?.Details), problem.Status);
        foreach (var (name, value) in refused?.Headers ?? [])
        {
            reply = reply.With(name, value);
        }

        return problem.RetryAfter > 0 ? reply.With("Retry-After", problem.RetryAfter.ToString("D", null)) : reply;
    }

    // A client's own id is kept when it is harmless in a log and in a header.
    private string CorrelationId(HttpRequest request)
    {
        var sent = request.Headers[CorrelationHeader];
        return sent.Count == 1 && sent[0] is { Length: > 0 and <= 64 } id
            && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') ? id : ids.NewId();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Request {CorrelationId} ({Method}) failed: answered {ErrorCode}.")]
    private partial void RequestFailed(Exception exception, string correlationId, string method, int errorCode);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {CorrelationId} ({Method}) took too long and was given up.")]
    private partial void RequestTookTooLong(Exception exception, string correlationId, string method);
}
