using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Serverless.Chaos.World;

/// <summary>A local host as a process of its own, which can be killed and held up.</summary>
internal sealed partial class HostProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(90);
    private static readonly ConcurrentDictionary<int, Process> Started = new();

    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _serves = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<string> _onFault, _onFailure;

    // Where this process is told to end, its children would stay, some of them stopped for ever.
    static HostProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var process in Started.Values.Where(process => !process.HasExited))
        {
            process.Kill();
        }
    };

    private HostProcess(Process process, string name, Action<string> onFault, Action<string> onFailure)
    {
        (_process, Name, _onFault, _onFailure) = (process, name, onFault, onFailure);
        Started[process.Id] = process;
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Name { get; }

    public Uri Address { get; private set; } = new("http://127.0.0.1/");

    /// <summary>What clients know of whether it answers.</summary>
    public Silence Silence { get; } = new();

    public bool IsSuspended { get; private set; }

    public bool IsGone { get; private set; }

    /// <summary>Launches it on a free port or on this one, and returns when it serves.</summary>
    /// <param name="onFault">Hears the kind of each fault that the host put into its own storage requests.</param>
    /// <param name="onFailure">Hears what the host logs as an error.</param>
    public static async Task<HostProcess> StartAsync(
        string name, string storage, double faultRate, int faultSeed, Action<string> onFault, Action<string> onFailure, int port = 0,
        IReadOnlyDictionary<string, string>? settings = null)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "Serverless.LocalHost.dll"), "--port", $"{port}", "--storage", storage])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["Faults__Rate"] = FormattableString.Invariant($"{faultRate}");
        start.Environment["Faults__Seed"] = FormattableString.Invariant($"{faultSeed}");
        // It lives for some seconds: what it learned about itself would never pay. This halves what a request costs.
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_TC_CallCounting"] = "0";
        foreach (var (variable, value) in settings ?? new Dictionary<string, string>())
        {
            start.Environment[variable] = value;
        }

        var host = new HostProcess(Process.Start(start)!, name, onFault, onFailure);
        try
        {
            host.Address = await host._serves.Task.WaitAsync(StartMax);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGKILL: it ends at once, whatever it was doing.</summary>
    public async Task KillAsync()
    {
        IsGone = true;
        _process.Kill();
        await _process.WaitForExitAsync();
        Started.TryRemove(_process.Id, out _);
    }

    /// <summary>SIGSTOP: it stands still, its connections stay open.</summary>
    public Task SuspendAsync()
    {
        IsSuspended = true;
        return SignalAsync("STOP");
    }

    /// <summary>SIGCONT: it goes on, and does not know that time has passed.</summary>
    public Task ResumeAsync()
    {
        IsSuspended = false;
        return SignalAsync("CONT");
    }

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
        if (_process.HasExited)
        {
            return;
        }

        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    private void Hear(string? line)
    {
        if (line is null)
        {
            _serves.TrySetException(new InvalidOperationException($"{Name} ended before it served."));
        }
        else if (line.StartsWith("Serving ", StringComparison.Ordinal))
        {
            _serves.TrySetResult(new Uri(line.Split(' ')[1]));
        }
        else if (Fault().Match(line) is { Success: true } fault)
        {
            _onFault(fault.Groups[1].Value);
        }
        else if (line.StartsWith("fail:", StringComparison.Ordinal) || line.StartsWith("crit:", StringComparison.Ordinal)
            || line.StartsWith("Unhandled", StringComparison.Ordinal))
        {
            _onFailure(line);
        }
    }

    [GeneratedRegex("Fault on purpose: (.+?) for ")]
    private static partial Regex Fault();
}
