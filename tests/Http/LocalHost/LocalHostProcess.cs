using System.Diagnostics;

namespace Serverless.Http.LocalHost;

/// <summary>The local host as a process of its own, as ./run starts it.</summary>
internal sealed class LocalHostProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly Task<string> _error;
    private Task<string>? _output;

    // Read from the start: a process that has warned enough to fill a pipe would stand still.
    private LocalHostProcess(Process process) => (_process, _error) = (process, process.StandardError.ReadToEndAsync());

    public Uri Address { get; private set; } = new("http://127.0.0.1/");

    public static LocalHostProcess Launch(IReadOnlyDictionary<string, string?>? environment, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Serverless.LocalHost.dll"));
        Array.ForEach(args, start.ArgumentList.Add);
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return new LocalHostProcess(Process.Start(start)!);
    }

    /// <summary>Launches it on a free port, and returns when it serves.</summary>
    public static Task<LocalHostProcess> StartAsync(params string[] args) => StartAsync(null, args);

    /// <inheritdoc cref="StartAsync(string[])"/>
    public static async Task<LocalHostProcess> StartAsync(IReadOnlyDictionary<string, string?>? environment, params string[] args)
    {
        var host = Launch(environment, ["--port", "0", .. args]);
        var line = await host._process.StandardOutput.ReadLineAsync().WaitAsync(Patience)
            ?? throw new InvalidOperationException(await host._error);
        host.Address = new Uri(line.Split(' ')[1]);
        host._output = host._process.StandardOutput.ReadToEndAsync();
        return host;
    }

    /// <summary>Waits for it to end by itself.</summary>
    public async Task<(int ExitCode, string Error)> EndAsync()
    {
        _output ??= _process.StandardOutput.ReadToEndAsync();
        var error = await _error.WaitAsync(Patience);
        await _output.WaitAsync(Patience);
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return (_process.ExitCode, error);
    }

    /// <summary>What it wrote after its first line, once it has ended.</summary>
    public Task<string> OutputAsync() => (_output ?? _process.StandardOutput.ReadToEndAsync()).WaitAsync(Patience);

    /// <summary>SIGTERM: asks for an orderly stop.</summary>
    public Task TerminateAsync() => SignalAsync("TERM");

    /// <summary>SIGSTOP: it stands still, its connections stay open.</summary>
    public Task SuspendAsync() => SignalAsync("STOP");

    /// <summary>SIGCONT: it goes on, and does not know that time has passed.</summary>
    public Task ResumeAsync() => SignalAsync("CONT");

    /// <summary>SIGKILL: it ends at once, whatever it was doing, and its connections are reset.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>Processes that it started and that still run; Linux only.</summary>
    public int[] Children() =>
        [.. from folder in Directory.GetDirectories("/proc")
            where int.TryParse(Path.GetFileName(folder), out _)
            let stat = Read(Path.Combine(folder, "stat"))
            where stat is not null && stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1] == $"{_process.Id}"
            select int.Parse(Path.GetFileName(folder), null)];

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    private static string? Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return null;
        }
    }
}
