using System.Diagnostics;
using System.Net.Http.Headers;
using Serverless.Core.Delivery;
using Serverless.Functions.Http;

namespace Serverless.Functions.Delivery;

/// <summary>Starts workers by calls to the app itself: the platform chooses the instance, and scales out by such calls.</summary>
/// <remarks>A call is answered when its worker has begun, and goes on without the caller.</remarks>
public sealed class WorkerCaller(SelfAddress self, WorkerSignature signature, Func<WorkerRuns> here, TimeProvider clock)
    : IWorkerStarter, IDisposable
{
    // A cold start of another instance is within this.
    private static readonly TimeSpan AnswerTimeMax = TimeSpan.FromSeconds(30);

    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
    });

    public async ValueTask StartAsync(string group, string instance, CancellationToken cancellationToken)
    {
        // Workers follow each other for as long as there are records. In the trace of whatever asked for the first one they would not end.
        Activity.Current = null;
        if (self.Url is not { } url)
        {
            _ = here().RunAsync(group, instance);
            return;
        }

        var body = new WorkerCall(group, instance).Encode();
        using var time = new CancellationTokenSource(AnswerTimeMax, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url, WorkerCall.Route))
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(MediaType.PlainJson) } },
        };
        try
        {
            request.Headers.Add(WorkerSignature.Header, await signature.SignAsync(body, cancellationToken));
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (!response.IsSuccessStatusCode)
            {
                throw new WorkerStartException($"The call that starts a worker was answered {(int)response.StatusCode}.");
            }
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new WorkerStartException("The call that starts a worker got no answer.", e);
        }
    }

    public void Dispose() => _client.Dispose();
}
