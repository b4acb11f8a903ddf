using Serverless.LocalHost;

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(CommandLine.Usage);
    return 0;
}

using var signals = new StopSignals();
try
{
    var options = CommandLine.Parse(args);
    await using var app = await LocalHostApp.StartAsync(options, signals.Token);
    Console.WriteLine(StartMessage.Of(app, options));
    await signals.Asked;
    Console.WriteLine("Stopping: requests under way may end first.");
    return 0;
}
catch (StartException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
{
    return 0;
}
