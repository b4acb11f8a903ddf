using System.Diagnostics;

namespace Serverless.Http.LocalHost;

/// <summary>The local host as a process of its own, as ./run starts it.</summary>
internal sealed class LocalHostProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Process _process;

    private LocalHostProcess(Process process) => _process = process;

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
    public static async Task<LocalHostProcess> StartAsync(params string[] args)
    {
        var host = Launch(null, ["--port", "0", .. args]);
        var line = await host._process.StandardOutput.ReadLineAsync().WaitAsync(Patience)
            ?? throw new InvalidOperationException(await host._process.StandardError.ReadToEndAsync());
        host.Address = new Uri(line.Split(' ')[1]);
        return host;
    }

    /// <summary>Waits for it to end by itself.</summary>
    public async Task<(int ExitCode, string Error)> EndAsync()
    {
        // Read to the end, or a full pipe would hold the process up.
        var output = _process.StandardOutput.ReadToEndAsync();
        var error = await _process.StandardError.ReadToEndAsync().WaitAsync(Patience);
        await output.WaitAsync(Patience);
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return (_process.ExitCode, error);
    }

    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
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
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
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
