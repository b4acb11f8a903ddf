using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Serverless.Core.Storage.Azure;

/// <summary>The service's clock as the last reply gave it.</summary>
/// <remarks>
/// What the SDK throws for a refused transaction holds the reply to one action, which has no <c>Date</c>: only the reply
/// around it has. So a policy looks at the whole reply on its way.
/// </remarks>
internal sealed class ReplyClock
{
    private const string Property = "Serverless.ReplyClock";

    /// <summary>Default where no reply came: then there is nothing that the service's clock could be taken from.</summary>
    public DateTimeOffset ServedAt { get; private set; }

    /// <summary>Sees the replies to what is sent before the scope is disposed of.</summary>
    public IDisposable Watch() =>
        HttpPipeline.CreateHttpMessagePropertiesScope(new Dictionary<string, object?> { [Property] = this });

    public static DateTimeOffset Of(Response? response) => response?.Headers.Date ?? default;

    internal sealed class Policy : HttpPipelineSynchronousPolicy
    {
        public override void OnReceivedResponse(HttpMessage message)
        {
            if (message.TryGetProperty(Property, out var clock) && message.HasResponse)
            {
                ((ReplyClock)clock!).ServedAt = Of(message.Response);
            }
        }
    }
}
