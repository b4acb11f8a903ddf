using System.Diagnostics;

namespace Serverless.Http.Shows;

/// <summary>The sample that copies exactly once, as a process of its own.</summary>
internal sealed class CopierProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private CopierProcess(Process process) =>
        (_process, _output, _error) = (process, process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());

    public static CopierProcess Start(string source, string target, string id, IEnumerable<Uri> hosts, params string[] more)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "Serverless.ExactlyOnceCopy.dll"), "--source", source, "--target", target, "--id", id,
            "--group", $"{source}-copy", "--url", string.Join(',', hosts), .. more,
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        return new CopierProcess(Process.Start(start)!);
    }

    /// <summary>SIGKILL: whatever it had begun stays as it is.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>Waits for it to end by itself.</summary>
    public async Task<(int ExitCode, string Output, string Error)> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return (_process.ExitCode, await _output, await _error);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }
}
