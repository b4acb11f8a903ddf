namespace Serverless.Functions.Delivery.Webhooks;

/// <summary>Asks a target whether it wants to be sent to, before anything is: nobody can aim this service at somebody else.</summary>
/// <remarks>The abuse protection of CloudEvents' "HTTP 1.1 Web Hooks", section 4: OPTIONS, <c>WebHook-Request-Origin</c>, and the answer
/// <c>WebHook-Allowed-Origin</c>. Not asked in development.</remarks>
internal sealed class WebhookConsent(WebhookClient client, WebhookSafety safety, TimeProvider clock)
{
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(10);

    /// <summary>What is wrong, for people; null where the target consents.</summary>
    /// <param name="origin">The host that sends.</param>
    public async ValueTask<string?> ComplaintAsync(Uri url, string origin, CancellationToken cancellationToken)
    {
        if (safety.AllowPrivate)
        {
            return null;
        }

        using var time = new CancellationTokenSource(TimeMax, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Options, url);
            request.Headers.TryAddWithoutValidation("WebHook-Request-Origin", origin);
            using var response = await client.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var allowed = response.Headers.TryGetValues("WebHook-Allowed-Origin", out var values) ? values.ToList() : [];
            return response.IsSuccessStatusCode && allowed.Exists(value => value == "*" || value.Equals(origin, StringComparison.OrdinalIgnoreCase))
                ? null
                : $"target.url does not consent: OPTIONS with WebHook-Request-Origin: {origin} must be answered with WebHook-Allowed-Origin.";
        }
        catch (Exception e) when (e is HttpRequestException or IOException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return "target.url could not be asked for its consent.";
        }
    }
}
