using System.Net;
using System.Net.Sockets;
using Azure.Data.Tables;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Functions;
using Serverless.LocalHost;

namespace Serverless.Http.LocalHost;

public sealed class LocalHostProcessTests : IDisposable
{
    private const string Account = "AccountName=none;AccountKey=bm9uZQ==;DefaultEndpointsProtocol=https";

    private readonly string _data = Directory.CreateTempSubdirectory("local-host-data-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_port_that_is_taken_is_said_in_one_line()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await using var host = LocalHostProcess.Launch(null, "--port", $"{port}", "--storage", "AccountName=none");

        var (code, error) = await host.EndAsync();

        Assert.Equal((1, $"Port {port} is taken; choose another with --port.\n"), (code, error));
    }

    [Fact]
    public async Task A_missing_node_is_said_in_one_line()
    {
        // Only dotnet is to be found there; node is looked for along the same path.
        var dotnet = Path.GetDirectoryName(Path.GetFullPath(Environment.ProcessPath!))!;
        var environment = new Dictionary<string, string?> { ["PATH"] = dotnet, ["AZURITE_JS"] = typeof(object).Assembly.Location };
        await using var host = LocalHostProcess.Launch(environment, "--port", "0", "--data", _data);

        var (code, error) = await host.EndAsync();

        Assert.Equal((1, "Node.js is missing: install Node 20 or newer, or give --storage.\n"), (code, error));
    }

    [Fact]
    public async Task A_wrong_option_ends_with_1_and_one_line()
    {
        await using var host = LocalHostProcess.Launch(null, "--prot", "1");

        var (code, error) = await host.EndAsync();

        Assert.Equal((1, "Unknown option: --prot (--help lists them).\n"), (code, error));
    }

    [Theory]
    [InlineData("garbage", null, null, "LogStorage is no connection string of a storage account.")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=S3CRET!", null, null, "LogStorage is no connection string of a storage account.")]
    [InlineData(null, "AzureWebJobsStorage", "AccountName=a;AccountKey=S3CRET!", "AzureWebJobsStorage is no connection string of a storage account.")]
    [InlineData(null, "LogStorage__blobServiceUri", "https://a", "LogStorage__blobServiceUri and LogStorage__tableServiceUri must both be https addresses.")]
    [InlineData(Account, "Http__RequestBytesMax", "abc", "Http__RequestBytesMax must be an integer.")]
    [InlineData(Account, "Http__RequestBytesMax", "1", "Http__RequestBytesMax must be: 1 KiB to 100 MiB.")]
    [InlineData(Account, "Http__WaitMaxMs", "0", "Http__WaitMaxMs must be: 1 ms to 200 s.")]
    [InlineData(Account, "Access__Mode", "closed", "Access__Mode must be open or required.")]
    public async Task A_setting_that_cannot_work_is_named_in_one_line(string? storage, string? setting, string? value, string message)
    {
        var environment = new Dictionary<string, string?> { ["Access__Mode"] = "open" };
        if (setting is not null)
        {
            environment[setting] = value;
        }

        string[] arguments = storage is null ? [] : ["--storage", storage];
        await using var host = LocalHostProcess.Launch(environment, ["--port", "0", .. arguments]);

        var (code, error) = await host.EndAsync();

        Assert.Equal((1, $"{message}\n"), (code, error));
    }

    [Fact]
    public async Task SIGTERM_stops_the_host_and_its_Azurite()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Children are found in /proc.");
        await using var host = await LocalHostProcess.StartAsync("--data", _data);
        var azurite = Assert.Single(host.Children());

        await host.TerminateAsync();
        var (code, error) = await host.EndAsync();

        Assert.Equal((0, ""), (code, error));
        Assert.False(Directory.Exists($"/proc/{azurite}"));
    }

    [Fact]
    public async Task A_folder_in_use_is_refused_and_its_data_outlive_the_run()
    {
        var options = new LocalHostOptions { Port = 0, DataDirectory = _data, FunctionTypes = [typeof(SampleRecent)] };
        await using (var first = await LocalHostApp.StartAsync(options, CancellationToken.None))
        {
            await Assert.ThrowsAsync<StartException>(() => LocalHostApp.StartAsync(options, CancellationToken.None));
            await Tables(first).CreateTableAsync("kept");
        }

        await using var second = await LocalHostApp.StartAsync(options, CancellationToken.None);
        var tables = await Tables(second).QueryAsync().ToListAsync();

        Assert.Equal("kept", Assert.Single(tables).Name);
    }

    [Fact]
    public async Task Two_data_folders_do_not_meet()
    {
        var options = new LocalHostOptions { Port = 0, FunctionTypes = [typeof(SampleRecent)] };
        var (left, right) = (Path.Combine(_data, "left"), Path.Combine(_data, "right"));
        await using var one = await LocalHostApp.StartAsync(options with { DataDirectory = left }, CancellationToken.None);
        await using var other = await LocalHostApp.StartAsync(options with { DataDirectory = right }, CancellationToken.None);

        await Tables(one).CreateTableAsync("mine");
        var seen = await Tables(other).QueryAsync().ToListAsync();

        Assert.Empty(seen);
        Assert.NotEqual(one.Address, other.Address);
    }

    private static TableServiceClient Tables(LocalHostApp app) =>
        new(app.Services.GetRequiredService<StorageSettings>().ConnectionString);
}
