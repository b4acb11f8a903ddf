using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Functions.Http.Quotas;
using Xunit;

namespace Serverless.Edge.Access;

/// <summary>Whose quota a request is held against, where callers are told apart.</summary>
public sealed class AccessQuotaTests
{
    private static readonly IPAddress Elsewhere = IPAddress.Parse("192.0.2.7");

    private readonly AccessHost _host = new(configure: services => services.AddSingleton(new QuotaOptions { RequestsPerSecond = 1 }));

    [Fact]
    public async Task A_principal_has_one_quota_wherever_it_calls_from_and_others_have_their_own()
    {
        Assert.Equal(200, await AskAsync(AccessHost.AppKey));
        _host.Edge.From = Elsewhere;
        int[] answers = [await AskAsync(AccessHost.AppKey), await AskAsync(AccessHost.AppKey)];
        Assert.Equal([200, 429], answers);

        Assert.Equal(200, await AskAsync(AccessHost.AdminKey));
        Assert.Equal(200, await AskAsync(_host.Bearer(("oid", "someone"))));
    }

    [Fact]
    public async Task What_a_principal_may_not_do_is_held_against_it_too()
    {
        int[] answers = [await ForbiddenAsync(), await ForbiddenAsync(), await ForbiddenAsync()];

        Assert.Equal([403, 403, 429], answers);
    }

    [Fact]
    public async Task Who_does_not_say_who_they_are_is_held_up_by_address_and_who_does_is_let_in_from_there()
    {
        int[] answers = [await AskAsync(null), await AskAsync("a-key-that-is-none-of-ours"), await AskAsync(null)];
        Assert.Equal([401, 401, 429], answers);

        Assert.Equal(200, await AskAsync(AccessHost.AdminKey));
        Assert.Equal(200, (await _host.GetAsync("/healthy", null)).Status);
        _host.Edge.From = Elsewhere;
        Assert.Equal(401, await AskAsync(null));

        _host.Edge.From = IPAddress.Loopback;
        _host.Edge.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(401, await AskAsync(null));
    }

    [Fact]
    public async Task Who_is_known_is_untouched_by_a_flood_of_nobodies_from_ever_new_addresses()
    {
        var host = new AccessHost(configure: services => services.AddSingleton(new QuotaOptions { RequestsPerSecond = 1, CallersMax = 3 }));
        for (var i = 1; i <= 40; i++)
        {
            host.Edge.From = new IPAddress([10, 0, 0, (byte)i]);
            Assert.Contains((await host.GetAsync("/topics", null)).Status, (int[])[401, 429]);
        }

        // Neither the address, which is not told apart any more, nor the principal, which is new.
        host.Edge.From = Elsewhere;
        int[] answers = [await AskAsync(host), await AskAsync(host), await AskAsync(host)];
        Assert.Equal([200, 200, 429], answers);

        static async Task<int> AskAsync(AccessHost host) => (await host.GetAsync("/topics", AccessHost.AppKey)).Status;
    }

    private async Task<int> AskAsync(string? credentials) => (await _host.GetAsync("/topics", credentials)).Status;

    private async Task<int> ForbiddenAsync() => (await _host.GetAsync("/topics/orders", AccessHost.AppKey)).Status;
}
