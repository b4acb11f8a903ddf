using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Serverless.Functions.Http;

/// <summary>One request past the checks of its headers, as an operation sees it.</summary>
internal sealed class Call(
    HttpRequest request, Operation operation, Accept accept, string replyType, MediaType? contentType, Query query, HttpLimits limits,
    TimeProvider clock, CancellationToken cancellationToken)
{
    private string? _baseUrl;

    public Accept Accept => accept;

    public MediaType? ContentType => contentType;

    public Query Query => query;

    public HttpLimits Limits => limits;

    public CancellationToken CancellationToken => cancellationToken;

    public bool IsHead => HttpMethods.IsHead(request.Method);

    public string BaseUrl => _baseUrl ??= Http.BaseUrl.Of(request);

    /// <summary>The type that replies other than records have.</summary>
    public string ReplyType => replyType;

    public ApiVersion Version => operation.Version;

    /// <summary>The body, to be disposed of by the caller when nothing points into it any more.</summary>
    public ValueTask<RequestBody> ReadBodyAsync() => RequestBody.ReadAsync(request, limits, clock, cancellationToken);

    public Reply Json(Action<Utf8JsonWriter> write, int status = StatusCodes.Status200OK) => Reply.Json(replyType, write, status);
}
