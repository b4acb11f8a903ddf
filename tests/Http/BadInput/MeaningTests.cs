using System.IO.Compression;
using System.Text;

namespace Serverless.Http.BadInput;

/// <summary>Requests that are well formed and ask for what cannot be.</summary>
public sealed class MeaningTests(BadInputFixture service) : BadInputTests(service)
{
    [Fact]
    public async Task A_record_of_the_largest_size_is_stored_and_one_byte_more_is_413_with_the_list()
    {
        var topic = await Service.CreateTopicAsync(1, null, "max.message.bytes=1000");
        var length = 900;
        while ((await ProduceBytesAsync(topic, length + 1)).Status == 200)
        {
            length++;
        }

        var (fits, not) = (await ProduceBytesAsync(topic, length), await ProduceBytesAsync(topic, length + 1));
        var mixed = await Service.PostAsync(
            $"/topics/{topic}", $$"""{"records":[{"value":"{{new string('x', 1000)}}"},{"value":1}]}""", ServiceFixture.Json);

        fits.Must(200);
        not.MustRefuse(413, 413, ServiceFixture.V2);
        Assert.Equal("""[{"partition":null,"offset":null,"error_code":413,"error":"The record is larger than max.message.bytes allows."}]""", not.Node["offsets"]!.ToJsonString());
        Assert.Equal(413, mixed.Must(200).Node["offsets"]![0]!["error_code"]!.GetValue<int>());
        Assert.Null(mixed.Node["offsets"]![1]!["error_code"]);
        Assert.InRange(length, 950, 1000);
        await Service.ServesAsync();
    }

    [Fact]
    public async Task A_key_of_a_mebibyte_is_413()
    {
        await Service.RefusesAsync(413, 413, "POST", "/topics/orders", $$"""{"records":[{"key":"{{new string('k', 1 << 20)}}","value":1}]}""", ServiceFixture.Json);
        await Service.RefusesAsync(413, 413, "POST", $"{TopicsV3}/orders/records", $$"""{"key":{"type":"STRING","data":"{{new string('k', (1 << 20) + 100)}}"} }""", ServiceFixture.Plain);
    }

    [Fact]
    public async Task Records_of_one_partition_that_no_block_can_take_are_413()
    {
        var record = $"{{\"value\":\"{new string('x', 1_000_000)}\",\"partition\":0}}";
        var body = Encoding.UTF8.GetBytes($$"""{"records":[{{string.Join(',', Enumerable.Repeat(record, 5))}}]}""");
        using var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            await gzip.WriteAsync(body);
        }

        await Service.RefusesAsync(413, 413, "/topics/orders", compressed.ToArray(), ServiceFixture.Json, ("Content-Encoding", "gzip"));
    }

    [Theory]
    [InlineData(65)]
    [InlineData(1_000)]
    public async Task A_record_has_at_most_64_headers(int count)
    {
        var headers = string.Join(',', Enumerable.Range(0, count).Select(i => $"{{\"key\":\"h{i}\",\"value\":null}}"));

        await Service.RefusesAsync(422, 422, "POST", "/topics/orders", $$"""{"records":[{"value":1,"headers":[{{headers}}]}]}""", ServiceFixture.Json);
    }

    [Fact]
    public async Task A_header_key_of_32_KB_comes_back_as_it_was()
    {
        var topic = await Service.CreateTopicAsync();
        var key = new string('h', 32 * 1024);
        await Service.ProduceAsync(topic, $$"""{"value":1,"headers":[{"key":"{{key}}","value":""},{"key":"","value":null}]}""");

        var read = await Service.GetAsync($"/topics/{topic}/partitions/0/records?offset=0");

        var headers = read.Must(200).Node[0]!["headers"]!;
        Assert.Equal(key, headers[0]!["key"]!.GetValue<string>());
        Assert.Equal("", headers[0]!["value"]!.GetValue<string>());
        Assert.Equal("", headers[1]!["key"]!.GetValue<string>());
        Assert.Null(headers[1]!["value"]);
        await Service.ServesAsync();
    }

    [Theory]
    [InlineData("absent", 0, 40401)]
    [InlineData("../x", 0, 40401)]
    [InlineData("", 0, 40401)]
    [InlineData("orders", 2, 40402)]
    [InlineData("orders", 2147483647, 40402)]
    public async Task A_commit_of_what_is_not_there_is_404_and_stores_nothing_else(string topic, int partition, int code)
    {
        var entry = $$"""{"topic":"{{topic}}","partition":{{partition}},"offset":0}""";
        var body = $$"""{"offsets":[{"topic":"orders","partition":1,"offset":0},{{entry}}]}""";

        await Service.RefusesAsync(404, code, "POST", $"{BadInputFixture.Subscribed}/offsets", body);
        await Service.RefusesAsync(404, code, "POST", "/consumers/audit/offsets", body);
    }

    [Fact]
    public async Task A_commit_of_a_partition_that_another_member_owns_is_40903()
    {
        // Another instance of the group, by hand: it owns nothing there.
        var other = await Service.CreateConsumerAsync("shop");

        await Service.RefusesAsync(409, 40903, "POST", $"{other}/offsets", """{"offsets":[{"topic":"orders","partition":0,"offset":0}]}""");
        await Service.RefusesAsync(409, 40903, "POST", "/consumers/shop/offsets", """{"offsets":[{"topic":"orders","partition":0,"offset":0}]}""");
        await Service.RefusesAsync(409, 40903, "DELETE", $"{TopicsV3[..^6]}consumer-groups/shop");
        await Service.RefusesAsync(409, 40903, "GET", $"{other}/records");

        (await Service.DeleteAsync(other)).Must(204);
    }

    [Theory]
    [InlineData("{\"offsets\":[{\"topic\":\"orders\",\"partition\":2,\"offset\":0}]}")]
    [InlineData("{\"offsets\":[{\"topic\":\"orders\",\"partition\":0,\"offset\":0},{\"topic\":\"absent\",\"partition\":0,\"offset\":0}]}")]
    [InlineData("{\"timestamps\":[{\"topic\":\"absent\",\"partition\":0,\"timestamp\":0}]}")]
    public async Task A_seek_of_a_partition_that_is_not_assigned_is_40903_and_nothing_moves(string body)
    {
        await Service.RefusesAsync(409, 40903, "POST", $"{BadInputFixture.Subscribed}/positions", body);
        await Service.RefusesAsync(409, 40903, "POST", $"{BadInputFixture.Assigned}/positions", body);
    }

    [Theory]
    [InlineData("GET", "/records")]
    [InlineData("GET", "/offsets")]
    [InlineData("GET", "/positions")]
    [InlineData("GET", "/assignments")]
    [InlineData("GET", "/subscription")]
    [InlineData("GET", "/lag")]
    [InlineData("POST", "/heartbeat")]
    [InlineData("POST", "/offsets")]
    [InlineData("DELETE", "")]
    [InlineData("DELETE", "/subscription")]
    public async Task An_instance_that_is_not_there_is_40403(string method, string path)
    {
        await Service.RefusesAsync(404, 40403, method, $"/consumers/shop/instances/nobody{path}", method == "POST" ? "" : null);
        await Service.RefusesAsync(404, 40403, method, $"/consumers/nowhere/instances/clerk{path}", method == "POST" ? "" : null);
    }

    [Fact]
    public async Task A_name_in_use_is_40902_and_its_owner_stays()
    {
        await Service.RefusesAsync(409, 40902, "POST", "/consumers/shop", """{"name":"clerk"}""");
        await Service.RefusesAsync(409, 40902, "POST", "/consumers/shop", """{"id":"clerk","name":"other"}""");
    }

    [Fact]
    public async Task Subscription_and_assignment_do_not_mix()
    {
        await Service.RefusesAsync(409, 40903, "POST", $"{BadInputFixture.Assigned}/subscription", """{"topics":["orders"]}""");
        await Service.RefusesAsync(409, 40903, "POST", $"{BadInputFixture.Subscribed}/assignments", """{"partitions":[]}""");
    }

    [Fact]
    public async Task A_subscription_has_at_most_a_thousand_topics()
    {
        var consumer = await Service.CreateConsumerAsync();
        static string Topics(int count, int length) =>
            $$"""{"topics":[{{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"{i.ToString("D4", null).PadRight(length, 't')}\""))}}]}""";

        (await Service.PostAsync($"{consumer}/subscription", Topics(1_000, 20))).Must(204);
        (await Service.PostAsync($"{consumer}/subscription", Topics(1_000, 249))).Must(204);
        await Service.RefusesAsync(422, 422, "POST", $"{consumer}/subscription", Topics(1_001, 20));
        await Service.RefusesAsync(422, 422, "POST", $"{BadInputFixture.Subscribed}/subscription", Topics(1_001, 5));
        Assert.Empty(await Service.PollAsync(consumer, "?timeout=1"));

        await Service.ServesAsync();
    }

    [Theory]
    [InlineData("((a{1000}){1000}){1000}")]
    [InlineData("(a{0,1000}){0,1000}")]
    [InlineData("(((((a{0,50}){0,50}){0,50}){0,50}){0,50})")]
    [InlineData("(\\\\w{0,2000}){0,500}x")]
    public async Task A_pattern_that_would_cost_the_world_is_422_at_once(string pattern)
    {
        var body = $$"""{"topic_pattern":"{{pattern}}"}""";

        await Service.RefusesAsync(422, 422, "POST", $"{BadInputFixture.Subscribed}/subscription", body);
    }

    [Theory]
    [InlineData("(a+)+$")]
    [InlineData("(a|aa)+$")]
    [InlineData("(.*.*.*.*.*.*.*.*.*.*)x")]
    public async Task A_pattern_that_others_choke_on_is_evaluated_in_time(string pattern)
    {
        var topic = await Service.CreateTopicAsync(1, new string('a', 249));
        var consumer = await Service.CreateConsumerAsync();

        (await Service.PostAsync($"{consumer}/subscription", $$"""{"topic_pattern":"{{pattern}}"}""")).Must(204);
        await Service.PollAsync(consumer, "?timeout=1");

        (await Service.DeleteAsync(consumer)).Must(204);
        (await Service.DeleteAsync($"{TopicsV3}/{topic}")).Must(204);
        await Service.ServesAsync();
    }

    [Theory]
    [InlineData(4097)]
    [InlineData(65_536)]
    [InlineData(1_000_000)]
    public async Task Metadata_of_a_commit_is_at_most_4096_bytes(int length)
    {
        await Service.RefusesAsync(422, 422, "POST", $"{BadInputFixture.Subscribed}/offsets",
            $$"""{"offsets":[{"topic":"orders","partition":0,"offset":1,"metadata":"{{new string('m', length)}}"}]}""");
    }

    [Fact]
    public async Task More_partitions_than_one_transaction_takes_are_422()
    {
        var topic = await Service.CreateTopicAsync(100);
        var consumer = await Service.CreateConsumerAsync();
        string List(int count) => string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"topic":"{{topic}}","partition":{{i}},"offset":0}"""));

        await Service.RefusesAsync(422, 422, "POST", $"{consumer}/offsets", $$"""{"offsets":[{{List(97)}}]}""");
        await Service.RefusesAsync(422, 422, "POST", $"/consumers/{topic}/offsets", $$"""{"offsets":[{{List(97)}}]}""");
        (await Service.PostAsync($"{consumer}/offsets", $$"""{"offsets":[{{List(96)}}]}""")).Must(200);

        await Service.ServesAsync();
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "/topics")]
    [InlineData("GET", "/topics/orders")]
    [InlineData("GET", "/topics/orders/partitions")]
    [InlineData("GET", "/topics/orders/partitions/0")]
    [InlineData("GET", "/topics/orders/partitions/0/offset")]
    [InlineData("GET", "/topics/orders/configs")]
    [InlineData("GET", "/topics/orders/configs/retention.ms")]
    [InlineData("DELETE", "/topics/orders/configs/retention.ms")]
    [InlineData("DELETE", "/topics/orders")]
    [InlineData("GET", "/consumer-groups")]
    [InlineData("GET", "/consumer-groups/shop")]
    [InlineData("GET", "/consumer-groups/shop/consumers")]
    [InlineData("GET", "/consumer-groups/shop/consumers/clerk")]
    [InlineData("GET", "/consumer-groups/shop/consumers/clerk/assignments")]
    [InlineData("GET", "/consumer-groups/shop/lags")]
    [InlineData("GET", "/consumer-groups/shop/lags/orders/partitions/0")]
    [InlineData("GET", "/consumer-groups/shop/lag-summary")]
    [InlineData("DELETE", "/consumer-groups/shop")]
    public async Task Another_cluster_is_404_everywhere(string method, string path)
    {
        await Service.RefusesAsync(404, 404, method, $"/v3/clusters/other{path}");
        await Service.RefusesAsync(404, 404, method, $"/v3/clusters/SERVERLESS{path}");
    }

    [Theory]
    [InlineData("/absent")]
    [InlineData("/absent/consumers")]
    [InlineData("/shop/consumers/nobody")]
    [InlineData("/shop/consumers/nobody/assignments")]
    [InlineData("/absent/lags")]
    [InlineData("/absent/lag-summary")]
    [InlineData("/shop/lags/orders/partitions/1")]
    [InlineData("/shop/lags/absent/partitions/0")]
    [InlineData("/audit/lags")]
    public async Task A_group_a_consumer_or_a_lag_that_is_not_there_is_404(string path)
    {
        await Service.RefusesAsync(404, 404, "GET", $"{TopicsV3[..^6]}consumer-groups{path}");
    }

    [Fact]
    public async Task Producing_to_a_topic_that_is_being_deleted_is_stored_or_404()
    {
        var topic = await Service.CreateTopicAsync(2);
        var statuses = new List<int>();
        var deleted = false;
        var producers = Enumerable.Range(0, 4).Select(async _ =>
        {
            for (var after = 0; after < 5; after += deleted ? 1 : 0)
            {
                var answer = await Service.PostAsync($"/topics/{topic}", OneRecord, ServiceFixture.Json);
                if (answer.Status != 200)
                {
                    answer.MustRefuse(404, 40401);
                }

                lock (statuses)
                {
                    statuses.Add(answer.Status);
                }
            }
        }).ToList();
        await Task.Delay(100);

        (await Service.DeleteAsync($"{TopicsV3}/{topic}")).Must(204);
        deleted = true;
        await Task.WhenAll(producers);

        Assert.Contains(200, statuses);
        Assert.Contains(404, statuses);
        await Service.RefusesAsync(404, 40401, "GET", $"/topics/{topic}");
        await Service.RefusesAsync(404, 40401, "DELETE", $"{TopicsV3}/{topic}");
        await Service.ServesAsync();
    }

    private Task<Answer> ProduceBytesAsync(string topic, int length) => Service.PostAsync(
        $"/topics/{topic}", $$"""{"records":[{"value":"{{Convert.ToBase64String(new byte[length])}}"}]}""", ServiceFixture.Binary);
}
