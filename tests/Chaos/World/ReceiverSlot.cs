using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace Serverless.Chaos.World;

/// <summary>What a receiver has done, in its order.</summary>
internal sealed record Done(int Partition, long Offset, string Value);

/// <summary>The sample that receives webhooks, on a port and a database that stay: begun again as often as it is killed.</summary>
internal sealed class ReceiverSlot(string folder, int port, string secret) : IAsyncDisposable
{
    private static readonly HttpClient Http = new();

    private Process? _process;

    public int Kills { get; private set; }

    public Uri Address { get; } = new($"http://127.0.0.1:{port}/");

    public void Start()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "Serverless.WebhookReceiver.dll"), "--url", Address.ToString(),
            "--secret", secret, "--database", Path.Combine(folder, "effects.db"),
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        _process = Process.Start(start)!;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>SIGKILL, and another in its place.</summary>
    public async Task KillAsync()
    {
        Kills++;
        await DisposeAsync();
        Start();
    }

    /// <summary>All that was done; the receiver must be there.</summary>
    public async Task<List<Done>> EffectsAsync()
    {
        var done = new List<Done>();
        for (var after = 0L; ;)
        {
            var page = await Http.GetFromJsonAsync<JsonElement>(new Uri(Address, $"effects?after={after}"));
            if (page.GetArrayLength() == 0)
            {
                return done;
            }

            foreach (var one in page.EnumerateArray())
            {
                after = one.GetProperty("number").GetInt64();
                var effect = one.GetProperty("effect");
                var value = JsonSerializer.Deserialize<string>(effect.GetProperty("value").GetString()!)!;
                done.Add(new(effect.GetProperty("partition").GetInt32(), effect.GetProperty("offset").GetInt64(), value));
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }
}
