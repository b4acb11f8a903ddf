using System.Diagnostics;
using Serverless.Core.Storage.Azure;
using Serverless.Emulator;

namespace Serverless.Contract.Emulator;

/// <summary>The emulator as a child process.</summary>
public sealed class AzuriteProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("azurite-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_was_stored_is_there_after_an_orderly_stop_and_the_process_is_gone()
    {
        int firstProcess;
        await using (var first = await StartAsync())
        {
            firstProcess = first.ProcessId;
            var before = AzureStorage.Connect(first.ConnectionString, new AzureStorageOptions());
            await before.Blobs.CreateAsync("b", default);
            await before.Blobs.AppendAsync("b", 0, "abc"u8.ToArray(), default);
        }

        await using var second = await StartAsync();
        var after = AzureStorage.Connect(second.ConnectionString, new AzureStorageOptions());
        var read = await after.Blobs.ReadAsync("b", 0, 10, default);

        Assert.Equal("abc"u8.ToArray(), read.Bytes.ToArray());
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(firstProcess));
    }

    [Fact]
    public async Task Azurite_ends_when_who_started_it_is_killed()
    {
        // The parent stands for us: it holds the other end of the pipe, and is given no time to close anything.
        const string Parent = """
            const child = require('child_process').spawn('node', process.argv.slice(1), { stdio: ['pipe', 'pipe', 'ignore'] });
            child.stdout.on('data', said => String(said).includes('Table service is successfully') && console.log(child.pid));
            """;
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true };
        string[] arguments =
        [
            "-e", Parent, AzuriteFiles.Supervisor(), AzuriteFiles.Script(null), "--location", _folder,
            "--blobPort", "0", "--queuePort", "0", "--tablePort", "0", "--disableTelemetry",
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        using var parent = Process.Start(start)!;
        var line = await parent.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        using var azurite = Process.GetProcessById(int.Parse(line!));

        parent.Kill();

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await azurite.WaitForExitAsync(patience.Token);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told_with_what_Azurite_said()
    {
        await using var first = await StartAsync();
        var ports = new AzuriteOptions
        {
            Location = Path.Combine(_folder, "second"),
            BlobPort = first.BlobService.Port,
            QueuePort = first.QueueService.Port,
            TablePort = first.TableService.Port,
        };

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(
            () => AzuriteProcess.StartAsync(ports, TestContext.Current.CancellationToken));

        Assert.Contains("EADDRINUSE", thrown.Message, StringComparison.Ordinal);
    }

    private Task<AzuriteProcess> StartAsync() => AzuriteProcess.StartAsync(
        new AzuriteOptions { Location = Path.Combine(_folder, "first") }, TestContext.Current.CancellationToken);
}
