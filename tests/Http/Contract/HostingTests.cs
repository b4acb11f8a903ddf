using System.Diagnostics;

namespace Serverless.Http.Contract;

/// <summary>Paths, links and headers that all replies share (section 1.1 of the HTTP contract).</summary>
public sealed class HostingTests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    private static readonly string[] Paths =
    [
        "/", "/brokers", "/healthy", "/ready", "/topics", "/topics/hosted", "/topics/hosted/partitions", "/topics/hosted/partitions/0",
        "/topics/hosted/partitions/0/offsets", "/topics/hosted/partitions/0/records?offset=0&timeout=1", "/consumers/hosts/offsets",
        "/consumers/hosts/instances/h/subscription", "/consumers/hosts/instances/h/assignments", "/consumers/hosts/instances/h/positions",
        "/consumers/hosts/instances/h/offsets", "/consumers/hosts/instances/h/lag", "/v3/clusters", "/v3/clusters/serverless",
        "/v3/clusters/serverless/topics", "/v3/clusters/serverless/topics/hosted", "/v3/clusters/serverless/topics/hosted/configs",
        "/v3/clusters/serverless/consumer-groups", "/v3/clusters/serverless/consumer-groups/hosts/consumers",
    ];

    [Fact]
    public async Task HEAD_is_answered_wherever_GET_is_and_a_trailing_slash_is_no_matter()
    {
        await service.CreateTopicAsync(1, "hosted");
        await service.SubscribeAsync("hosted", "hosts", "\"name\":\"h\"");
        foreach (var path in Paths)
        {
            var get = (await service.GetAsync(path)).Must(200);
            var head = (await service.SendAsync("HEAD", path, (string?)null)).Must(200);
            var question = path.IndexOf('?', StringComparison.Ordinal);
            var slashed = await service.GetAsync(question < 0 ? $"{path.TrimEnd('/')}/" : path.Insert(question, "/"));

            Assert.Empty(head.Body);
            Assert.Equal(get.ContentType, head.ContentType);
            if (!path.Contains("/records", StringComparison.Ordinal))
            {
                Assert.Equal(get.Body.Length.ToString(null, null), head.Header("Content-Length"));
            }

            // Links of v3 have no slash at their end; all else is the same.
            Assert.Equal(get.Text, slashed.Must(200).Text);
        }

        (await service.PostAsync("/consumers/hosts/", "{\"name\":\"slashed\"}")).Must(200);
        (await service.PostAsync("/topics/hosted/", "{\"records\":[{\"value\":1}]}", ServiceFixture.Json)).Must(200);
        (await service.DeleteAsync("/consumers/hosts/instances/slashed/")).Must(204);
    }

    [Theory]
    [InlineData("https://pub.example:8443", "Forwarded", "for=1.2.3.4;host=pub.example:8443;proto=https")]
    [InlineData("https://a.example", "Forwarded", "host=\"a.example\";proto=https, host=b.example;proto=http")]
    [InlineData("https://pub.example", "X-Forwarded-Host", "pub.example", "X-Forwarded-Proto", "https")]
    [InlineData("https://one.example", "Forwarded", "host=one.example;proto=https", "X-Forwarded-Host", "two.example")]
    [InlineData("http://h.example", "Host", "h.example")]
    [InlineData("http://h.example/kafka", "Host", "h.example", "X-Forwarded-Prefix", "/kafka/")]
    [InlineData("http://h.example/kafka", "Host", "h.example", "X-Forwarded-Path", "/kafka/consumers/{group}")]
    [InlineData("http://h.example", "Host", "h.example", "X-Forwarded-Host", "bad host/../", "X-Forwarded-Proto", "javascript")]
    public async Task Links_begin_with_what_the_proxies_say(string expected, params string[] headers)
    {
        var group = service.NewName("group");

        var created = await service.SendAsync(
            "POST", $"/consumers/{group}", "{\"name\":\"i\"}", ServiceFixture.V2, null,
            [.. headers.Chunk(2).Select(pair => (pair[0], pair[1].Replace("{group}", group, StringComparison.Ordinal)))]);

        Assert.Equal($"{expected}/consumers/{group}/instances/i", created.Must(200).Node["base_uri"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_harmless_correlation_id_is_kept_and_else_there_is_a_fresh_one()
    {
        var kept = await service.SendAsync("GET", "/topics", (string?)null, headers: ("X-Correlation-Id", "abc-123_x.y"));
        var (one, two) = (await service.GetAsync("/topics"), await service.GetAsync("/topics/absent"));

        Assert.Equal("abc-123_x.y", kept.Header("X-Correlation-Id"));
        Assert.NotEqual(one.Header("X-Correlation-Id"), two.Header("X-Correlation-Id"));
        Assert.All(new[] { kept, one, two }, answer => Assert.Equal(("no-store", "nosniff"), (answer.Header("Cache-Control"), answer.Header("X-Content-Type-Options"))));
    }

    [Fact]
    public async Task Route_words_ignore_case_and_names_do_not()
    {
        await service.CreateTopicAsync(1, "Cased");

        (await service.GetAsync("/TOPICS/Cased/Partitions")).Must(200);
        Assert.Equal(40401, (await service.GetAsync("/topics/cased")).Must(404).ErrorCode);
    }

    [Theory]
    [InlineData("{0}/records?timeout=60000")]
    [InlineData("/topics/{1}/partitions/0/records?offset=0&timeout=60000")]
    public async Task A_read_that_waits_is_answered_at_once_when_its_host_stops(string path)
    {
        var stopping = await service.StartHostAsync();
        using var client = new HttpClient { BaseAddress = stopping.Address };
        var topic = await service.CreateTopicAsync();
        var consumer = await service.SubscribeAsync(topic);
        var waiting = client.GetAsync(string.Format(null, path, consumer, topic));
        await Task.WhenAny(waiting, Task.Delay(1_500));
        Assert.False(waiting.IsCompleted);
        var began = Stopwatch.GetTimestamp();

        await stopping.DisposeAsync();

        Assert.Equal("[]", (await Answer.ReadAsync(await waiting)).Must(200).Text);
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(8));
    }

    [Fact]
    public async Task What_one_host_changes_the_others_see()
    {
        await using var other = await service.StartHostAsync();
        using var client = new HttpClient { BaseAddress = other.Address };
        var topic = await service.CreateTopicAsync();
        await service.ProduceAsync(topic, "{\"value\":1}");

        using var response = await client.GetAsync($"/topics/{topic}/partitions/0/offsets");

        Assert.Equal("""{"beginning_offset":0,"end_offset":1}""", (await Answer.ReadAsync(response)).Must(200).Text);
    }
}
