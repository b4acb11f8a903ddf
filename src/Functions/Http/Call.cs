using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Serverless.Core.Idempotency;
using Serverless.Functions.Access;
using Serverless.Functions.Http.Produce;
using Serverless.Functions.Http.Quotas;

namespace Serverless.Functions.Http;

/// <summary>One request past the checks of its headers, as an operation sees it.</summary>
internal sealed class Call(
    HttpRequest request, Operation operation, Accept accept, string replyType, MediaType? contentType, Query query, string? key,
    HttpLimits limits, TimeProvider clock, Admission admission, CancellationToken stopping, CancellationToken cancellationToken)
{
    private string? _baseUrl;

    /// <summary>Who asks.</summary>
    public required Caller Caller { get; init; }

    /// <summary>Where it is written down what the request changes that operators want to know of.</summary>
    public required Audit Audit { get; init; }

    public Accept Accept => accept;

    public MediaType? ContentType => contentType;

    public Query Query => query;

    public HttpLimits Limits => limits;

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>The host is stopping and will soon cut what it still serves: a wait ends now, and the request is answered.</summary>
    public CancellationToken Stopping => stopping;

    /// <summary>The partition of a path that names one.</summary>
    public int Partition => RequestNames.Partition(operation.Partition!);

    public bool IsHead => HttpMethods.IsHead(request.Method);

    public string BaseUrl => _baseUrl ??= Http.BaseUrl.Of(request);

    /// <summary>The type that replies other than records have.</summary>
    public string ReplyType => replyType;

    public ApiVersion Version => operation.Version;

    /// <summary>The body, to be disposed of by the caller when nothing points into it any more.</summary>
    public async ValueTask<RequestBody> ReadBodyAsync()
    {
        var body = await RequestBody.ReadAsync(request, limits, clock, cancellationToken);
        admission.Produced?.Charge(body.Length);
        return body;
    }

    /// <summary>The same of a request that is known to be small.</summary>
    public ValueTask<RequestBody> ReadBodyAsync(int bytesMax) =>
        RequestBody.ReadAsync(request, limits with { RequestBytesMax = bytesMax, DecompressedBytesMax = bytesMax }, clock, cancellationToken);

    /// <summary>Which request this is, and what it asks; null where it has no <c>Idempotency-Key</c>.</summary>
    /// <param name="body">As it was sent: to be asked before a parser writes over it.</param>
    public KeyedRequest? Keyed(RequestBody body)
    {
        if (key is null)
        {
            return null;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, contentType?.Name);
        foreach (var name in operation.QueryNames)
        {
            Append(hash, query.Text(name));
        }

        hash.AppendData(body.Bytes.Span);
        var path = (request.Path.Value ?? "").TrimEnd('/');
        return KeyedRequest.Of(Caller.Id, request.Method, path, key, hash.GetHashAndReset());
    }

    /// <summary>What the body asks for beyond the request's own need; 403/40301 where the caller may not.</summary>
    public void Demand(Need need) => Caller.Demand(need);

    /// <summary>The reply that a refusal is.</summary>
    public Reply Refusal(RequestException refused) => HttpEdge.Refusal(request, operation.Version, refused.Problem, refused);

    /// <summary>How a v2 produce request writes keys and values: by its type, or by <c>?format=</c> where that is plain JSON.</summary>
    public EmbeddedType RecordsType()
    {
        var format = query.Text("format");
        return (contentType?.Name, format) switch
        {
            (MediaType.Json, null or "json") or (MediaType.PlainJson, "json") => EmbeddedType.Json,
            (MediaType.Binary, null or "binary") or (MediaType.PlainJson, "binary") => EmbeddedType.Binary,
            (MediaType.PlainJson, _) => throw Query.Bad("Query parameter format must be json or binary."),
            _ => throw Query.Bad("Query parameter format differs from the Content-Type."),
        };
    }

    private static void Append(IncrementalHash hash, string? part) => hash.AppendData(Encoding.UTF8.GetBytes($"{part}\n"));

    public Reply Json(Action<Utf8JsonWriter> write, int status = StatusCodes.Status200OK) => Reply.Json(replyType, write, status);
}
