using Azure.Core.Pipeline;
using Serverless.Contract.Rows;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Azure;

namespace Serverless.Contract.Faults;

/// <summary>Below the SDK there is .NET's own resending of requests whose connection ended without a reply.</summary>
public sealed class SendOnceTests
{
    private static readonly Dictionary<string, (string Answer, Func<AzureStorage, Task<string>> ActAsync)> Mutations = new()
    {
        ["create"] = ("201 Created", async storage => $"{await storage.Blobs.CreateAsync("b", default)}"),
        ["append"] = (
            "201 Created", async storage => $"{(await storage.Blobs.AppendAsync("b", 0, new byte[9], default)).Outcome}"),
        ["delete"] = ("202 Accepted", async storage => $"{await storage.Blobs.DeleteAsync("b", "\"1\"", default)}"),
        ["insert"] = (
            "204 No Content", async storage => await SubmitAsync(storage, RowAction.Insert("r", RowTesting.Columns(1)))),
        ["replace"] = (
            "204 No Content",
            async storage => await SubmitAsync(storage, RowAction.Replace("r", RowTesting.Columns(1), "\"1\""))),
        ["remove"] = ("204 No Content", async storage => await SubmitAsync(storage, RowAction.Delete("r", "\"1\""))),
    };

    public static TheoryData<string> Names => [.. Mutations.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_mutation_whose_connection_ends_without_a_reply_is_not_sent_on_another(string name)
    {
        var (answer, actAsync) = Mutations[name];
        await using var server = new ForgetfulServer(answer);
        using var transport = new HttpClientTransport(new HttpClient(new SocketsHttpHandler()));
        var storage = Connect(server, transport);

        var first = await actAsync(storage);
        var second = await actAsync(storage);

        Assert.NotEqual("Unknown", first);
        Assert.Equal("Unknown", second);
        Assert.Equal(2, server.Requests);
    }

    [Fact]
    public async Task A_deletion_without_content_would_be_sent_on_another()
    {
        await using var server = new ForgetfulServer("204 No Content");
        using var http = new HttpClient(new SocketsHttpHandler());

        using var first = await http.DeleteAsync(server.Address);
        using var second = await http.DeleteAsync(server.Address);

        Assert.Equal(3, server.Requests);
    }

    [Fact]
    public async Task A_service_that_does_not_answer_leaves_the_outcome_unknown_after_the_network_timeout()
    {
        var refusing = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        refusing.Start();
        using var listening = refusing;
        using var transport = new HttpClientTransport(new HttpClient(new SocketsHttpHandler()));
        var storage = Connect(
            new Uri($"http://{refusing.LocalEndpoint}"), transport, networkTimeout: TimeSpan.FromMilliseconds(200));

        var outcome = await storage.Blobs.CreateAsync("b", default);

        Assert.Equal(CreateOutcome.Unknown, outcome);
    }

    private static AzureStorage Connect(ForgetfulServer server, HttpPipelineTransport transport) =>
        Connect(server.Address, transport, TimeSpan.FromSeconds(10));

    private static AzureStorage Connect(Uri address, HttpPipelineTransport transport, TimeSpan networkTimeout) =>
        AzureStorage.Connect(
            $"AccountName=a;AccountKey=a2V5;BlobEndpoint={address}a;TableEndpoint={address}a;",
            new AzureStorageOptions
            {
                NetworkTimeout = networkTimeout,
                ConfigureClient = options => options.Transport = transport,
            });

    private static async Task<string> SubmitAsync(AzureStorage storage, RowAction action) =>
        $"{(await storage.Rows.SubmitAsync(RowTesting.Table, RowTesting.Partition, [action], default)).Outcome}";
}
