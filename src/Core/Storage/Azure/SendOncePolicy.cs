using Azure.Core;
using Azure.Core.Pipeline;

namespace Serverless.Core.Storage.Azure;

/// <summary>Keeps .NET from sending a mutation again behind our back.</summary>
/// <remarks>
/// Where a pooled connection ends before the first byte of the reply, <see cref="SocketsHttpHandler"/> sends the request
/// again on another one, whatever its method, as long as it had no content. A row's deletion that took place would so
/// come back as 404: a conflict that never was. Once content has been sent, even none of it, the handler gives up.
/// </remarks>
internal sealed class SendOncePolicy : HttpPipelineSynchronousPolicy
{
    public override void OnSendingRequest(HttpMessage message) =>
        message.Request.Content ??= RequestContent.Create(ReadOnlyMemory<byte>.Empty);
}
