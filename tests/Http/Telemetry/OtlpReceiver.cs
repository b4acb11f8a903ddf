using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Serverless.Http.Telemetry;

/// <summary>Takes what OTLP sends by HTTP, and keeps its bytes: names and values of text stand in them as they are.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, StringBuilder> _received = new() { ["traces"] = new(), ["metrics"] = new(), ["logs"] = new() };
    private readonly WebApplication _app;

    private OtlpReceiver(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.MapPost("/v1/{signal}", receiver.TakeAsync);
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>All that came of a signal, as text of one character a byte.</summary>
    public string Received(string signal)
    {
        lock (_gate)
        {
            return _received[signal].ToString();
        }
    }

    public bool Has(string signal, params string[] texts)
    {
        var received = Received(signal);
        return texts.All(text => received.Contains(text, StringComparison.Ordinal));
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context, string signal)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        lock (_gate)
        {
            _received[signal].Append(Encoding.Latin1.GetString(body.ToArray()));
        }

        context.Response.ContentType = "application/x-protobuf";
    }
}
