using System.Runtime.InteropServices;
using Serverless.ExactlyOnceCopy;

if (CopyOptions.Parse(args, out var complaint) is not { } options)
{
    await Console.Error.WriteLineAsync($"{complaint}\n\n{CopyOptions.Usage}");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
{
    signal.Cancel = true;
    stop.Cancel();
});

using var client = new LogClient(options.Urls, options.Key);
var copier = new Copier(client, options);
try
{
    await copier.RunAsync(stop.Token);
    return 0;
}
catch (FencedException)
{
    await Console.Error.WriteLineAsync($"Another process has the transactional id {options.TransactionalId}: this one ends.");
    return 3;
}
catch (RefusedException refused)
{
    await Console.Error.WriteLineAsync(refused.Message);
    return 1;
}
finally
{
    Console.WriteLine($"copied {copier.Records} records in {copier.Commits} transactions; {copier.Aborts} were aborted");
}
