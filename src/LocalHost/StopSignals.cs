using System.Runtime.InteropServices;

namespace Serverless.LocalHost;

/// <summary>Ctrl-C and SIGTERM, from before anything is started: so a signal never leaves an emulator behind.</summary>
/// <remarks>The first one asks for an orderly stop; the second one ends the process at once.</remarks>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _signals;

    public StopSignals() => _signals = Array.ConvertAll(
        [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT],
        signal => PosixSignalRegistration.Create(signal, Handle));

    public CancellationToken Token => _stop.Token;

    /// <summary>Completes at the first signal.</summary>
    public Task Asked => _asked.Task;

    public void Dispose()
    {
        Array.ForEach(_signals, signal => signal.Dispose());
        _stop.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = _asked.TrySetResult();
        if (context.Cancel)
        {
            _stop.Cancel();
        }
    }
}
