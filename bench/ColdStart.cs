using System.Diagnostics;
using System.Text;
using Serverless.Emulator;

namespace Serverless.Bench;

/// <summary>
/// From the start of a process to its first acknowledged record: as the SDK builds it, and as it is published (ReadyToRun, code compiled
/// ahead). Both in one run on one machine, in turns, so that their ratio can be told whatever else the machine does.
/// </summary>
internal static class ColdStart
{
    private const string Project = "src/LocalHost/LocalHost.csproj";

    private static readonly (string Name, string[] Options)[] Kinds =
    [
        ("as built", ["--no-self-contained"]),
        ("ReadyToRun", ["--no-self-contained", "-p:PublishReadyToRun=true"]),
    ];

    public static async Task RunAsync(int runs)
    {
        var root = Root();
        var folder = Directory.CreateTempSubdirectory("cold-start-").FullName;
        try
        {
            await using var azurite = await AzuriteProcess.StartAsync(
                new AzuriteOptions { Location = Path.Combine(folder, "azurite") }, default);
            var times = new List<Times>[Kinds.Length];
            for (var kind = 0; kind < Kinds.Length; kind++)
            {
                times[kind] = [];
                await PublishAsync(root, Path.Combine(folder, $"{kind}"), Kinds[kind].Options);

                // Makes the topic, and brings the files into the machine's memory for both alike.
                await StartAsync(root, Path.Combine(folder, $"{kind}"), azurite.ConnectionString);
            }

            for (var run = 0; run < runs; run++)
            {
                for (var kind = 0; kind < Kinds.Length; kind++)
                {
                    times[kind].Add(await StartAsync(root, Path.Combine(folder, $"{kind}"), azurite.ConnectionString));
                }
            }

            Print(times);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Print(List<Times>[] times)
    {
        Console.WriteLine($"| process | start to serving, ms | to the first record, ms | of the first kind | (medians of {times[0].Count})");
        Console.WriteLine("| --- | ---: | ---: | ---: |");
        var first = Median(times[0], time => time.Stored);
        for (var kind = 0; kind < Kinds.Length; kind++)
        {
            var stored = Median(times[kind], time => time.Stored);
            Console.WriteLine(
                $"| {Kinds[kind].Name} | {Median(times[kind], time => time.Serving):0} | {stored:0} | {stored / first:0.00} |");
        }
    }

    private static double Median(List<Times> times, Func<Times, TimeSpan> of) =>
        times.Select(time => of(time).TotalMilliseconds).Order().ElementAt(times.Count / 2);

    private static async Task<Times> StartAsync(string root, string folder, string storage)
    {
        using var http = new HttpClient();
        var since = Stopwatch.StartNew();
        using var host = Process.Start(Command(
            root, Path.Combine(folder, "Serverless.LocalHost.dll"), "--port", "0", "--no-timers", "--storage", storage))!;
        try
        {
            var address = await ServingAsync(host);
            var serving = since.Elapsed;
            while (!await ProduceAsync(http, address))
            {
                using var made = await http.PostAsync($"{address}/v3/clusters/serverless/topics", Body("""{"topic_name":"cold"}""", "application/json"));
                made.EnsureSuccessStatusCode();
            }

            return new Times(serving, since.Elapsed);
        }
        finally
        {
            host.Kill();
            await host.WaitForExitAsync();
        }
    }

    // False: there is no such topic yet.
    private static async Task<bool> ProduceAsync(HttpClient http, string address)
    {
        using var reply = await http.PostAsync(
            $"{address}/topics/cold", Body("""{"records":[{"value":1}]}""", "application/vnd.kafka.json.v2+json"));
        return reply.StatusCode != System.Net.HttpStatusCode.NotFound && reply.EnsureSuccessStatusCode().IsSuccessStatusCode;
    }

    private static StringContent Body(string json, string type) => new(json, Encoding.UTF8, type);

    private static async Task<string> ServingAsync(Process host)
    {
        const string Begins = "Serving ";
        while (await host.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(Begins, StringComparison.Ordinal))
            {
                return line[Begins.Length..].Split(' ')[0];
            }
        }

        throw new InvalidOperationException("The local host ended before it served.");
    }

    private static async Task PublishAsync(string root, string folder, string[] options)
    {
        using var publish = Process.Start(Command(
            root, ["publish", Project, "-c", "Release", "-o", folder, "-v", "q", "--nologo", "--ucr", .. options]))!;
        var said = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        if (publish.ExitCode != 0)
        {
            throw new InvalidOperationException(said);
        }
    }

    private static ProcessStartInfo Command(string root, params ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = root, RedirectStandardOutput = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }

    private static string Root()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Serverless.sln")))
            {
                return at.FullName;
            }
        }

        throw new DirectoryNotFoundException("No Serverless.sln in any folder above this program.");
    }

    private readonly record struct Times(TimeSpan Serving, TimeSpan Stored);
}
