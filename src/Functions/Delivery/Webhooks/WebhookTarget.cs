using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Serverless.Core.Delivery;
using Serverless.Core.Telemetry;
using Serverless.Functions.Http;

namespace Serverless.Functions.Delivery.Webhooks;

/// <summary>Sends batches to one address, signed as Standard Webhooks says.</summary>
internal sealed class WebhookTarget(
    DeliveryTarget.Webhook webhook, ReadOnlyMemory<byte> secret, HttpClient client, TimeProvider clock, TimeSpan timeMax, string clusterId)
    : IDeliveryTarget
{
    private const int ReplyBytesMax = 64 * 1024;

    public async ValueTask<SendOutcome> SendAsync(DeliveryBatch batch, CancellationToken cancellationToken)
    {
        if (WebhookBodies.Unshowable(batch.Slice, webhook.Body, webhook.Format) is { } offset)
        {
            return new SendOutcome.Failed($"The record at offset {offset} is not JSON.");
        }

        var isEvents = webhook.Body == WebhookBody.CloudEvents;
        var body = isEvents
            ? WebhookBodies.CloudEvents(batch, webhook.Format, clusterId)
            : await WebhookBodies.RecordsAsync(batch.Slice, webhook.Format);
        using var time = new CancellationTokenSource(timeMax, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        try
        {
            using var request = Request(batch, body, isEvents ? WebhookBodies.CloudEventsType : MediaType.PlainJson);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return await OutcomeAsync(response, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new SendOutcome.Failed("The target did not answer in time.");
        }
        catch (HttpRequestException e) when (Refusal(e) is { } refused)
        {
            return new SendOutcome.Failed(refused.Message);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // The kind alone: what else is in it tells of our network.
            return new SendOutcome.Failed($"The target could not be reached: {(e as HttpRequestException)?.HttpRequestError ?? HttpRequestError.ResponseEnded}.");
        }
    }

    private HttpRequestMessage Request(DeliveryBatch batch, byte[] body, string type)
    {
        var seconds = clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{batch.Key}.{seconds}."), .. body];
        var signature = Convert.ToBase64String(HMACSHA256.HashData(secret.Span, signed));
        var request = new HttpRequestMessage(HttpMethod.Post, webhook.Url)
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } },
        };
        (string Name, string Value)[] headers =
        [
            ("Idempotency-Key", $"\"{batch.Key}\""), ("webhook-id", batch.Key), ("webhook-timestamp", seconds),
            ("webhook-signature", $"v1,{signature}"), ("User-Agent", "Serverless-Log-Delivery/1"),
            ("Kafka-Group", Uri.EscapeDataString(batch.Group)), ("Kafka-Topic", batch.At.Topic), ("Kafka-Partition", Text(batch.At.Partition)),
            ("Kafka-First-Offset", Text(batch.FirstOffset)), ("Kafka-Last-Offset", Text(batch.NextOffset - 1)),
            ("Delivery-Attempt", Text(batch.Attempt)),
        ];

        // The trace of this very attempt, where it is sampled, and nothing that was put beside it: that is nobody else's business.
        if (Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C, Id: { } id, Source.Name: LogTracing.SourceName })
        {
            request.Headers.TryAddWithoutValidation("traceparent", id);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    private async ValueTask<SendOutcome> OutcomeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        if (response.StatusCode == HttpStatusCode.Gone)
        {
            return new SendOutcome.Gone("The target answered 410 Gone.");
        }

        if (!response.IsSuccessStatusCode)
        {
            var after = response.Headers.RetryAfter switch
            {
                { Delta: { } delta } => delta,
                { Date: { } date } => date - clock.GetUtcNow(),
                _ => (TimeSpan?)null,
            };
            return new SendOutcome.Failed(
                status is >= 300 and < 400 ? $"The target answered {status}; redirects are not followed." : $"The target answered {status}.",
                after);
        }

        // Read to its end, so that the connection can be used again; nobody wants to know what it says.
        await using var reply = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[4096];
        for (int read, total = 0; (read = await reply.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            if ((total += read) > ReplyBytesMax)
            {
                break;
            }
        }

        return new SendOutcome.Done();
    }

    private static WebhookRefusedException? Refusal(Exception? e) =>
        e is null ? null : e as WebhookRefusedException ?? Refusal(e.InnerException);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
