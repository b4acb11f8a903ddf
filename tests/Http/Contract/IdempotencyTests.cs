using System.Globalization;

namespace Serverless.Http.Contract;

/// <summary>Requests that come again: idempotency keys and idempotent producers (sections 5.1 and 5.2 of the HTTP contract).</summary>
public sealed class IdempotencyTests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    private const string Body = """{"records":[{"value":1},{"value":2},{"key":"k","value":3}]}""";

    [Theory]
    [InlineData("\"8e03978e-40d5-43e8-bc93-6894a57f9324\"")]
    [InlineData("8e03978e-40d5-43e8-bc93-6894a57f9324")]
    [InlineData("\" , \\\" \\\\ ~\"")]
    public async Task The_same_key_gets_the_same_answer_from_any_host(string key)
    {
        var topic = await service.CreateTopicAsync(3);

        var answer = (await PostAsync($"/topics/{topic}", Body, key)).Must(200);
        var again = (await PostAsync($"/topics/{topic}", Body, key)).Must(200);
        await using var other = await service.StartHostAsync();
        using var client = new HttpClient { BaseAddress = other.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/topics/{topic}")
        {
            Content = new StringContent(Body, null, "application/vnd.kafka.json.v2+json"),
        };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        using var response = await client.SendAsync(request);
        var elsewhere = await Answer.ReadAsync(response);

        Assert.Null(answer.Header("Idempotency-Replayed"));
        foreach (var replay in (Answer[])[again, elsewhere])
        {
            Assert.Equal(answer.Body, replay.Body);
            Assert.Equal(answer.ContentType, replay.ContentType);
            Assert.Equal("true", replay.Header("Idempotency-Replayed"));
            Assert.Equal(answer.Header("Idempotency-Expires"), replay.Header("Idempotency-Expires"));
        }

        var expires = DateTimeOffset.ParseExact(answer.Header("Idempotency-Expires")!, "R", CultureInfo.InvariantCulture);
        Assert.InRange((expires - TimeProvider.System.GetUtcNow()).TotalHours, 23.9, 24.1);
        Assert.Equal(3, await CountAsync(topic, 3));
    }

    [Fact]
    public async Task Many_at_once_with_one_key_store_their_records_once()
    {
        var topic = await service.CreateTopicAsync(2);

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => PostAsync($"/topics/{topic}", Body, "race")));

        Assert.All(answers, answer => Assert.True(answer.Status == 200 || answer.ErrorCode == 40950, answer.Text));
        Assert.All(answers.Where(answer => answer.Status == 409), answer => Assert.InRange(int.Parse(
            answer.Header("Retry-After")!, CultureInfo.InvariantCulture), 1, 21));
        Assert.Single(answers.Where(answer => answer.Status == 200).Select(answer => answer.Text).Distinct());
        Assert.Equal(3, await CountAsync(topic, 2));
    }

    [Fact]
    public async Task Another_request_under_the_same_key_is_refused()
    {
        var topic = await service.CreateTopicAsync();
        await PostAsync($"/topics/{topic}", Body, "k");

        var answer = await PostAsync($"/topics/{topic}", """{"records":[{"value":1}]}""", "k");

        Assert.Equal((422, 42250), (answer.Status, answer.ErrorCode));
        Assert.Equal(3, await CountAsync(topic, 1));
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"open")]
    [InlineData("two words")]
    [InlineData("one,two")]
    [InlineData("\"a\";b=1")]
    public async Task A_malformed_key_is_refused(string key)
    {
        var topic = await service.CreateTopicAsync();

        var answer = await PostAsync($"/topics/{topic}", Body, key);

        Assert.Equal((400, 40051), (answer.Status, answer.ErrorCode));
    }

    [Fact]
    public async Task A_v3_produce_and_a_topics_creation_are_answered_again()
    {
        var name = service.NewName("keyed");
        var create = $$"""{"topic_name":"{{name}}","partitions_count":2}""";
        const string Topics = "/v3/clusters/serverless/topics";

        var created = (await PostAsync(Topics, create, "c", ServiceFixture.Plain)).Must(201);
        var createdAgain = (await PostAsync(Topics, create, "c", ServiceFixture.Plain)).Must(201);
        var produced = (await PostAsync($"{Topics}/{name}/records", """{"value":{"type":"JSON","data":1}}""", "p", ServiceFixture.Plain)).Must(200);
        var producedAgain = (await PostAsync($"{Topics}/{name}/records", """{"value":{"type":"JSON","data":1}}""", "p", ServiceFixture.Plain)).Must(200);

        Assert.Equal((created.Text, created.Header("Location")), (createdAgain.Text, createdAgain.Header("Location")));
        Assert.Equal(produced.Text, producedAgain.Text);
        Assert.Equal(1, await CountAsync(name, 2));
    }

    [Fact]
    public async Task A_consumer_is_created_once()
    {
        var group = service.NewName("group");

        var created = (await PostAsync($"/consumers/{group}", """{"name":"c1"}""", "k", ServiceFixture.V2)).Must(200);
        var again = (await PostAsync($"/consumers/{group}", """{"name":"c1"}""", "k", ServiceFixture.V2)).Must(200);
        var other = await PostAsync($"/consumers/{group}", """{"name":"c1"}""", "k2", ServiceFixture.V2);

        Assert.Equal(created.Text, again.Text);
        Assert.Equal((409, 40902), (other.Status, other.ErrorCode));
    }

    [Fact]
    public async Task A_producer_lives_from_POST_to_DELETE()
    {
        var topic = await service.CreateTopicAsync();
        var made = (await service.PostAsync("/producers", "{}")).Must(200).Node;
        var (id, path) = (made["producer_id"]!.GetValue<long>(), new Uri(made["base_uri"]!.GetValue<string>()));
        var body = $$"""{"producer":{"id":{{id}},"epoch":0,"base_sequence":0},"records":[{"value":1},{"value":2}]}""";
        var next = body.Replace("\"base_sequence\":0", "\"base_sequence\":3", StringComparison.Ordinal);

        var answer = (await service.PostAsync($"/topics/{topic}/partitions/0", body, ServiceFixture.Json)).Must(200);
        var again = (await service.PostAsync($"/topics/{topic}/partitions/0", body, ServiceFixture.Json)).Must(200);
        var gap = await service.PostAsync($"/topics/{topic}/partitions/0", next, ServiceFixture.Json);

        Assert.Equal(0, made["producer_epoch"]!.GetValue<int>());
        Assert.Equal(service.App.Address.Port, path.Port);
        Assert.Equal(answer.Text, again.Text);
        Assert.Equal((409, 40952), (gap.Status, gap.ErrorCode));
        Assert.Equal(2, await CountAsync(topic, 1));
        (await service.DeleteAsync(path.AbsolutePath)).Must(204);
        Assert.Equal(40450, (await service.DeleteAsync(path.AbsolutePath)).Must(404).ErrorCode);
        Assert.Equal(40450, (await service.PostAsync($"/topics/{topic}", next, ServiceFixture.Json)).Must(404).ErrorCode);
    }

    private Task<Answer> PostAsync(string path, string body, string key, string type = ServiceFixture.Json) =>
        service.SendAsync("POST", path, body, type, null, ("Idempotency-Key", key));

    private async Task<long> CountAsync(string topic, int partitions)
    {
        var count = 0L;
        for (var partition = 0; partition < partitions; partition++)
        {
            var offsets = (await service.GetAsync($"/topics/{topic}/partitions/{partition}/offsets")).Must(200).Node;
            count += offsets["end_offset"]!.GetValue<long>();
        }

        return count;
    }
}
