using System.Diagnostics;

namespace Serverless.Chaos.World;

/// <summary>The sample that copies exactly once, with one transactional id: begun again as often as it is killed.</summary>
internal sealed class CopierSlot(string id, string source, string target, IEnumerable<Uri> hosts) : IAsyncDisposable
{
    private readonly string _urls = string.Join(',', hosts);
    private Process? _process;

    public int Kills { get; private set; }

    /// <summary>What it said last.</summary>
    public string Said { get; private set; } = "";

    public void Start()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "Serverless.ExactlyOnceCopy.dll"), "--source", source, "--target", target,
            "--id", id, "--group", "copy", "--url", _urls, "--batch", "50", "--timeout-ms", "10000", "--session-ms", "6000",
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Said = line.Data ?? Said;
        _process.ErrorDataReceived += (_, line) => Said = line.Data ?? Said;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>SIGKILL, and another in its place; also where it ended by itself, as its service was away for too long.</summary>
    public async Task KillAsync()
    {
        Kills++;
        await DisposeAsync();
        Start();
    }

    public bool HasEnded => _process is { HasExited: true };

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
