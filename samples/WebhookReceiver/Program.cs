using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serverless.WebhookReceiver;

if (ReceiverOptions.Parse(args, out var complaint) is not { } options)
{
    await Console.Error.WriteLineAsync($"{complaint}\n\n{ReceiverOptions.Usage}");
    return 2;
}

using var store = new EffectStore(options.Database);
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
var app = builder.Build();
app.Urls.Add(options.Url);

// A batch comes at least once; its key comes with it each time. The key is entered in the transaction that has the effects, so that
// there are both or neither, whenever this process dies: and a batch that comes again finds its key, and does nothing.
app.MapPost("/", async (HttpRequest request) =>
{
    using var body = new MemoryStream();
    await request.Body.CopyToAsync(body);
    var now = DateTimeOffset.UtcNow;
    if (!Signature.IsValid(request.Headers, body.ToArray(), options.Secret, now))
    {
        return Results.Unauthorized();
    }

    body.Position = 0;
    var records = await JsonSerializer.DeserializeAsync<JsonElement>(body);
    var isNew = store.Apply(request.Headers["webhook-id"].ToString(), records.EnumerateArray().Select(Effect.Of));
    return Results.Ok(new { isNew });
});

// What was done, in the order in which it was.
app.MapGet("/effects", (long after) => Results.Ok(store.After(after)));

await app.StartAsync();
Console.WriteLine($"listening on {app.Urls.First()}");
await app.WaitForShutdownAsync();
return 0;
