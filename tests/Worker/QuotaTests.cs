using System.Net;
using System.Net.Sockets;
using Serverless.Http;

namespace Serverless.Worker;

/// <summary>Whose quota it is, where every connection comes from the host.</summary>
public sealed class QuotaTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task A_caller_is_the_address_that_the_host_saw_and_not_what_was_sent()
    {
        await using var host = await WorkerFixture.StartHostAsync(azurite, ("Quota__RequestsPerSecond", "1"));
        using var one = ClientAt("127.0.0.2", host.Address);
        using var other = ClientAt("127.0.0.3", host.Address);

        // Of the eight, two were saved up, and another may come with each second that this takes.
        var flood = new List<int>();
        for (var i = 0; i < 8; i++)
        {
            flood.Add(await GetAsync(one, $"198.51.100.{i}"));
        }

        Assert.Equal(200, flood[0]);
        Assert.Contains(429, flood);
        Assert.Equal(200, await GetAsync(other, "198.51.100.1"));
    }

    private static async Task<int> GetAsync(HttpClient client, string forwardedFor)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/brokers");
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", forwardedFor);
        using var response = await client.SendAsync(request);
        return (int)response.StatusCode;
    }

    // All of 127.0.0.0/8 is this machine.
    private static HttpClient ClientAt(string address, Uri service) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = service,
    };
}
