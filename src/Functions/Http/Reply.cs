using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Serverless.Functions.Http.Quotas;

namespace Serverless.Functions.Http;

/// <summary>What an operation answers: a status, a type, headers, and a body that is whole or written as it is made.</summary>
internal sealed record Reply
{
    // Readable text; a reply is never HTML, and nosniff keeps browsers from thinking so.
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public int Status { get; init; } = StatusCodes.Status200OK;

    public string? ContentType { get; init; }

    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Writes a large body piece by piece, instead of <see cref="Body"/>.</summary>
    public Func<IBufferWriter<byte>, Func<ValueTask>, ValueTask>? Stream { get; init; }

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public static Reply NoContent { get; } = new() { Status = StatusCodes.Status204NoContent };

    /// <summary>A JSON body. It is written at once, so that what goes wrong is still an error reply.</summary>
    public static Reply Json(string contentType, Action<Utf8JsonWriter> write, int status = StatusCodes.Status200OK)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = Writer(buffer))
        {
            write(json);
        }

        return new Reply { Status = status, ContentType = contentType, Body = buffer.WrittenMemory };
    }

    public static Utf8JsonWriter Writer(IBufferWriter<byte> output) => new(output, Writing);

    public Reply With(string header, string value) => this with { Headers = [.. Headers, (header, value)] };
}

/// <summary>Sends a <see cref="Reply"/>, with the headers that every reply has; the request is over when it is sent.</summary>
internal sealed class ReplyResult(Reply reply, string correlationId, Admission? admission = null) : IResult
{
    internal int Status => reply.Status;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using (admission)
        {
            await SendAsync(httpContext);
        }
    }

    private async Task SendAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = reply.Status;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers[HttpEdge.CorrelationHeader] = correlationId;
        foreach (var (name, value) in reply.Headers)
        {
            response.Headers[name] = value;
        }

        if (reply.ContentType is not null)
        {
            response.ContentType = reply.ContentType;
        }

        var isHead = HttpMethods.IsHead(httpContext.Request.Method);
        if (reply.Stream is not null)
        {
            if (!isHead)
            {
                await StreamAsync(httpContext, reply.Stream);
                if (!httpContext.RequestAborted.IsCancellationRequested)
                {
                    await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
                }
            }

            return;
        }

        if (reply.Status is not (StatusCodes.Status204NoContent or StatusCodes.Status304NotModified))
        {
            response.ContentLength = reply.Body.Length;
        }

        if (!isHead && reply.Body.Length > 0)
        {
            await response.BodyWriter.WriteAsync(reply.Body, httpContext.RequestAborted);
        }
    }

    private async Task StreamAsync(HttpContext httpContext, Func<IBufferWriter<byte>, Func<ValueTask>, ValueTask> stream)
    {
        var output = new CountedWriter(httpContext.Response.BodyWriter, admission?.Consumed);
        try
        {
            await stream(output, () => FlushAsync(httpContext));
        }
        finally
        {
            output.Charge();
        }
    }

    private static async ValueTask FlushAsync(HttpContext httpContext) =>
        await httpContext.Response.BodyWriter.FlushAsync(httpContext.RequestAborted);
}
