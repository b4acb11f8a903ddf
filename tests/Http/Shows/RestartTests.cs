using Serverless.Emulator;

namespace Serverless.Http.Shows;

[Collection(Show.Name)]
public sealed class RestartTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("restart-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task After_a_restart_of_everything_a_group_resumes_where_it_committed()
    {
        Placed[] sent;
        await using (var azurite = await StartAzuriteAsync())
        await using (var hosts = await ShowHosts.StartAsync(azurite.ConnectionString, 2))
        {
            var member = await ArrangeAsync(hosts[0].Client);
            sent = [.. await hosts[1].Client.ProduceAsync("orders", 1, Enumerable.Range(0, 25).Select(n => $"v{n}"))];
            Assert.Equal(sent[..10], await member.PollAsync(hosts[0].Client, query: "&max_records=10"));
            await member.CommitAsync(hosts[1].Client);

            // Delivered and not committed: it comes again.
            Assert.Equal(sent[10..15], await member.PollAsync(hosts[1].Client, query: "&max_records=5"));
            await hosts.StopAsync();
        }

        await using var again = await StartAzuriteAsync();
        await using var anew = await ShowHosts.StartAsync(again.ConnectionString, 2);
        await ResumesAsync(anew[1].Client, sent);
    }

    [Fact]
    public async Task A_run_on_the_same_data_folder_goes_on_where_the_last_one_ended()
    {
        Placed[] sent;
        await using (var host = await ShowHost.StartAsync("--data", _data))
        {
            var member = await ArrangeAsync(host.Client);
            sent = [.. await host.Client.ProduceAsync("orders", 1, Enumerable.Range(0, 25).Select(n => $"v{n}"))];
            Assert.Equal(sent[..10], await member.PollAsync(host.Client, query: "&max_records=10"));
            await member.CommitAsync(host.Client);
            await host.StopAsync();
        }

        await using var anew = await ShowHost.StartAsync("--data", _data);
        await ResumesAsync(anew.Client, sent);

        // Killed, it would leave an Azurite behind that is still writing to the folder.
        await anew.StopAsync();
    }

    private static async Task<Member> ArrangeAsync(LogClient at)
    {
        await at.CreateTopicAsync("orders", 2);
        var member = await Member.CreateAsync(at, "billing", "c1");
        await member.SubscribeAsync(at, "orders");
        return member;
    }

    // The client has restarted as well: its instance takes the name over, and starts at the group's commits.
    private static async Task ResumesAsync(LogClient at, Placed[] sent)
    {
        Assert.Equal("""["orders"]""", (await at.SendAsync("GET", "/topics")).Must(200).Text);
        Assert.Equal(sent, await at.ReadAllAsync("orders", 1));
        Assert.Equal((0, 0), await at.OffsetsAsync("orders", 0));

        var member = await Member.CreateAsync(at, "billing", "c1", ("replace", true));
        await member.SubscribeAsync(at, "orders");
        Assert.Equal(10, (await member.CommittedAsync(at, "orders", 2))[1]);
        Assert.Equal(sent[10..], await member.PollAsync(at, count: 15, timeoutMs: 1000));

        var next = Assert.Single(await at.ProduceAsync("orders", 1, "next"));
        Assert.Equal(25, next.Offset);
        Assert.Equal([next], await member.PollAsync(at, count: 1, timeoutMs: 1000));
    }

    private Task<AzuriteProcess> StartAzuriteAsync() =>
        AzuriteProcess.StartAsync(new AzuriteOptions { Location = _data }, CancellationToken.None);
}
