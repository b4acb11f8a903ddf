using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Edge.Fakes;
using Serverless.Functions.Access;
using Serverless.Functions.Http;
using Serverless.Functions.Http.Quotas;
using Xunit;

namespace Serverless.Edge;

/// <summary>What is refused with 429, when it is fine again, and whom it does not touch. At twice a rate is what was saved up.</summary>
public sealed class QuotaTests
{
    private static readonly IPAddress Other = IPAddress.Parse("192.0.2.7");

    [Fact]
    public async Task A_flood_is_shed_without_effect_and_passes_again_after_the_time_that_was_told()
    {
        var host = Host(new() { RequestsPerSecond = 10 });
        host.Topics.Add("t", 1);

        var flood = new List<Answer>();
        for (var i = 0; i < 60; i++)
        {
            flood.Add(await ProduceAsync(host));
        }

        Assert.All(flood[..20], answer => Assert.Equal(200, answer.Status));
        Assert.All(flood[20..], answer => MustBeTooMany(answer, 1));
        Assert.Equal(20, host.Logs.Appends);

        host.Clock.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(200, (await ProduceAsync(host)).Status);
        }

        MustBeTooMany(await ProduceAsync(host), 1);
        Assert.Equal(30, host.Logs.Appends);
    }

    [Fact]
    public async Task The_flood_of_one_caller_is_nothing_to_another()
    {
        var host = Host(new() { RequestsPerSecond = 1 });
        for (var i = 0; i < 100; i++)
        {
            await host.GetAsync("/topics");
        }

        host.From = Other;
        var others = new[] { await host.GetAsync("/topics"), await host.GetAsync("/topics"), await host.GetAsync("/topics") };

        Assert.Equal([200, 200, 429], others.Select(answer => answer.Status));
    }

    [Fact]
    public async Task Nothing_of_a_body_is_read_before_the_refusal()
    {
        var host = Host(new() { RequestsPerSecond = 1 });
        await host.GetAsync("/topics");
        await host.GetAsync("/topics");

        // A length that is refused, a type that is refused: the quota comes first, and a body that was touched would throw.
        var answer = await host.SendAsync("POST", "/topics/t", new Untouchable(), 1L << 40, ("Content-Type", "text/plain"));

        MustBeTooMany(answer, 1);
        Assert.Equal(MediaType.V2, answer.ContentType);
        MustBeTooMany(await host.V3Async("GET", "/v3/clusters"), 1, MediaType.PlainJson);
    }

    [Fact]
    public async Task Probes_are_always_answered()
    {
        var host = Host(new() { RequestsPerSecond = 1, ConcurrentRequests = 1, StorageCallsPerMinute = 1 });
        await host.GetAsync("/topics");
        await host.GetAsync("/topics");
        host.Service<StorageBudget>().Spend(10);

        Assert.Equal(429, (await host.GetAsync("/topics")).Status);
        Assert.Equal(200, (await host.GetAsync("/healthy")).Status);
        Assert.Equal(200, (await host.GetAsync("/ready")).Status);
    }

    [Theory]
    [InlineData(0, 200)]
    [InlineData(1, 429)]
    public async Task Bytes_that_were_produced_hold_up_the_next_produce_and_nothing_else(int beyond, int status)
    {
        var host = Host(new() { ProducerBytesPerSecond = 500 });
        host.Topics.Add("t", 1);

        Assert.Equal(200, (await ProduceAsync(host, 1_000 + beyond)).Status);

        var next = await ProduceAsync(host);
        Assert.Equal(status, next.Status);
        Assert.Equal(200, (await host.GetAsync("/topics/t/partitions/0/records?offset=0")).Status);
        if (status == 429)
        {
            MustBeTooMany(next, 1);
            host.Clock.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(200, (await ProduceAsync(host)).Status);
        }
    }

    [Fact]
    public async Task A_debt_is_waited_for_as_long_as_it_takes()
    {
        var host = Host(new() { ProducerBytesPerSecond = 100 });
        host.Topics.Add("t", 1);
        await ProduceAsync(host, 1_001);

        // 801 bytes are owed.
        MustBeTooMany(await ProduceAsync(host), 9);

        host.Clock.Advance(TimeSpan.FromSeconds(8));
        MustBeTooMany(await ProduceAsync(host), 1);
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(200, (await ProduceAsync(host)).Status);
    }

    [Fact]
    public async Task Bytes_that_were_consumed_hold_up_the_next_read_and_nothing_else()
    {
        var host = Host(new() { ConsumerBytesPerSecond = 100 });
        host.Topics.Add("t", 1);
        await ProduceAsync(host);
        const string Read = "/topics/t/partitions/0/records?offset=0";
        var length = (await host.GetAsync(Read)).Body.Length;
        var reads = 1;
        Answer answer;
        while ((answer = await host.GetAsync(Read)).Status == 200)
        {
            reads++;
        }

        Assert.Equal((200 / length) + 1, reads);
        MustBeTooMany(answer, 1);
        Assert.Equal(200, (await ProduceAsync(host)).Status);
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(200, (await host.GetAsync(Read)).Status);
    }

    [Fact]
    public async Task Storage_calls_beyond_the_budget_hold_up_all_requests_until_they_are_paid_for()
    {
        var host = Host(new() { StorageCallsPerMinute = 60 });
        var budget = host.Service<StorageBudget>();

        budget.Spend(60);
        Assert.Equal(200, (await host.GetAsync("/topics")).Status);
        budget.Spend(3);
        MustBeTooMany(await host.GetAsync("/topics"), 3);
        host.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(200, (await host.GetAsync("/topics")).Status);

        // What timers and deliveries go on to spend is forgiven beyond a minute's worth.
        budget.Spend(10_000);
        MustBeTooMany(await host.GetAsync("/topics"), 60);
    }

    [Fact]
    public async Task Requests_under_way_are_bounded_for_a_caller_and_in_all()
    {
        var host = Host(new() { ConcurrentRequests = 3, ConcurrentRequestsPerCaller = 2 });
        host.Topics.Add("t", 1);
        var bodies = Enumerable.Range(0, 3).Select(_ => new LateBody("""{"records":[{}]}""")).ToList();
        var waiting = new List<Task<Answer>> { SendAsync(0), SendAsync(1) };

        MustBeTooMany(await host.GetAsync("/topics"), 1);
        host.From = Other;
        Assert.Equal(200, (await host.GetAsync("/topics")).Status);
        waiting.Add(SendAsync(2));
        MustBeTooMany(await host.GetAsync("/topics"), 1);

        // Those that read records have places of their own.
        Assert.Equal(200, (await host.GetAsync("/topics/t/partitions/0/records?offset=0")).Status);

        bodies.ForEach(body => body.Come());
        Assert.All(await Task.WhenAll(waiting), answer => Assert.Equal(200, answer.Status));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(200, (await host.GetAsync("/topics")).Status);
        }

        Task<Answer> SendAsync(int i) => host.SendAsync("POST", "/topics/t", bodies[i], null, ("Content-Type", MediaType.Json));
    }

    [Fact]
    public async Task Polls_under_way_are_bounded_for_a_caller_and_in_all_until_their_replies_are_sent()
    {
        var host = Host(new() { ConcurrentPolls = 3, ConcurrentPollsPerCaller = 2, ConcurrentRequests = 1 });
        host.Topics.Add("t", 1);
        var edge = host.Service<HttpEdge>();
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Loopback;
        context.Response.Body = new MemoryStream();
        var reply = new Reply { ContentType = MediaType.Json, Stream = (_, _) => ValueTask.CompletedTask };
        async Task<Microsoft.AspNetCore.Http.IResult> PollAsync() =>
            await edge.ServeAsync(context.Request, new Operation(ApiVersion.V2, BodyRule.None) { RepliesWithRecords = true }, Need.Nothing, _ => new(reply));

        var (first, second) = (await PollAsync(), await PollAsync());
        await (await PollAsync()).ExecuteAsync(context);
        Assert.Equal(429, context.Response.StatusCode);
        Assert.Equal(200, (await host.GetAsync("/topics")).Status);

        context.Response.StatusCode = 200;
        await first.ExecuteAsync(context);
        await first.ExecuteAsync(context);
        var third = await PollAsync();
        context.Connection.RemoteIpAddress = Other;
        var fourth = await PollAsync();
        Assert.Equal(200, context.Response.StatusCode);
        await (await PollAsync()).ExecuteAsync(context);
        Assert.Equal(429, context.Response.StatusCode);
        Assert.All([second, third, fourth], Assert.NotNull);
    }

    [Fact]
    public async Task A_request_that_fails_gives_its_place_back()
    {
        var host = Host(new() { ConcurrentRequests = 1 });
        host.Topics.Fails = new InvalidOperationException();

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(500, (await host.GetAsync("/topics")).Status);
            Assert.Equal(406, (await host.GetAsync("/topics", ("Accept", "image/png"))).Status);
        }
    }

    [Fact]
    public async Task What_is_created_is_bounded_beside_what_is_asked()
    {
        var host = Host(new() { CreationsPerMinute = 2 });

        Assert.Equal(200, (await host.PostAsync("/producers", "{}")).Status);
        Assert.Equal(200, (await host.PostAsync("/consumers/g", "{}")).Status);
        foreach (var answer in new[]
        {
            await host.PostAsync("/producers", "{}"), await host.PostAsync("/consumers/g", "{}"), await host.PostAsync("/transactions/x", "{}"),
            await host.V3Async("POST", "/v3/clusters/serverless/topics", """{"topic_name":"t"}"""),
        })
        {
            MustBeTooMany(answer, 30, answer.ContentType!);
        }

        Assert.Equal(200, (await host.GetAsync("/topics")).Status);
        Assert.Single(host.Groups.Calls);
        host.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(200, (await host.PostAsync("/producers", "{}")).Status);
    }

    [Fact]
    public async Task What_is_refused_is_charged_to_no_allowance()
    {
        var host = Host(new() { RequestsPerSecond = 1, CreationsPerMinute = 3 });
        await host.GetAsync("/topics");
        await host.GetAsync("/topics");
        for (var i = 0; i < 5; i++)
        {
            MustBeTooMany(await host.PostAsync("/producers", "{}"), 1);
        }

        for (var i = 0; i < 3; i++)
        {
            host.Clock.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(200, (await host.PostAsync("/producers", "{}")).Status);
        }
    }

    [Fact]
    public async Task Who_has_no_place_pays_for_none()
    {
        var host = Host(new() { RequestsPerSecond = 1, CreationsPerMinute = 2, ConcurrentRequestsPerCaller = 1 });
        host.Topics.Add("t", 1);
        var body = new LateBody("""{"records":[{}]}""");
        var waiting = host.SendAsync("POST", "/topics/t", body, null, ("Content-Type", MediaType.Json));
        for (var i = 0; i < 5; i++)
        {
            MustBeTooMany(await host.PostAsync("/producers", "{}"), 1);
        }

        body.Come();
        Assert.Equal(200, (await waiting).Status);
        Assert.Equal(200, (await host.PostAsync("/producers", "{}")).Status);
    }

    [Fact]
    public async Task Ever_new_callers_cost_no_memory_and_share_one_allowance()
    {
        var host = Host(new() { RequestsPerSecond = 1, CallersMax = 3 });
        var statuses = new List<int>();
        for (var i = 1; i <= 20; i++)
        {
            host.From = new IPAddress([10, 0, 0, (byte)i]);
            statuses.Add((await host.GetAsync("/topics")).Status);
        }

        Assert.Equal(3 + 2, statuses.Count(status => status == 200));
        Assert.Equal(3, host.Service<RequestQuotas>().CallersKnown);

        // Whoever was known keeps its own; and when they have been idle, others take their places.
        host.From = new IPAddress([10, 0, 0, 1]);
        Assert.Equal(200, (await host.GetAsync("/topics")).Status);
        Assert.Equal(429, (await host.GetAsync("/topics")).Status);
        host.Clock.Advance(TimeSpan.FromSeconds(10));
        host.From = new IPAddress([10, 0, 0, 99]);
        Assert.Equal(200, (await host.GetAsync("/topics")).Status);
        Assert.Equal(1, host.Service<RequestQuotas>().CallersKnown);
    }

    [Theory]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1", true)]
    [InlineData("2001:db8:1:2:3::4", "2001:db8:1:2::ffff", true)]
    [InlineData("2001:db8:1:2:3::4", "2001:db8:1:3:3::4", false)]
    [InlineData("10.0.0.1", "10.0.0.2", false)]
    public async Task Whoever_has_an_IPv6_address_has_its_network(string one, string other, bool isSame)
    {
        var host = Host(new() { RequestsPerSecond = 1 });
        host.From = IPAddress.Parse(one);
        await host.GetAsync("/topics");
        await host.GetAsync("/topics");

        host.From = IPAddress.Parse(other);

        Assert.Equal(isSame ? 429 : 200, (await host.GetAsync("/topics")).Status);
    }

    [Fact]
    public async Task What_a_request_says_of_where_it_comes_from_does_not_count()
    {
        var host = Host(new() { RequestsPerSecond = 1 });
        await host.GetAsync("/topics");
        await host.GetAsync("/topics");

        Assert.Equal(429, (await host.GetAsync("/topics", ("X-Forwarded-For", "10.0.0.2"))).Status);
    }

    [Fact]
    public async Task Zero_is_no_limit()
    {
        var host = Host(new()
        {
            RequestsPerSecond = 0, CreationsPerMinute = 0, ProducerBytesPerSecond = 0, ConsumerBytesPerSecond = 0, StorageCallsPerMinute = 0,
            ConcurrentRequests = 0, ConcurrentRequestsPerCaller = 0, ConcurrentPolls = 0, ConcurrentPollsPerCaller = 0,
        });
        host.Topics.Add("t", 1);
        host.Service<StorageBudget>().Spend(1_000_000_000);

        for (var i = 0; i < 3_000; i++)
        {
            Assert.Equal(200, (await host.GetAsync("/topics")).Status);
        }

        Assert.Equal(200, (await ProduceAsync(host, 4_000_000)).Status);
        Assert.Equal(200, (await ProduceAsync(host)).Status);
        Assert.Equal(200, (await host.GetAsync("/topics/t/partitions/0/records?offset=0")).Status);
    }

    private static EdgeHost Host(QuotaOptions options) => new(configure: services => services.AddSingleton(options));

    private static Task<Answer> ProduceAsync(EdgeHost host, int bytes = 16) =>
        host.ProduceAsync("/topics/t", """{"records":[{}]}""".PadRight(bytes));

    private static void MustBeTooMany(Answer answer, int seconds, string type = MediaType.V2)
    {
        Assert.Equal((429, 42901), answer.Error);
        Assert.Equal(seconds.ToString("D", null), answer.Headers.RetryAfter);
        Assert.Equal(type, answer.ContentType);
    }

    private sealed class Untouchable : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException("The body was read.");
    }
}
