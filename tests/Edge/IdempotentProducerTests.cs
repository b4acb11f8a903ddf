using System.Globalization;
using Serverless.Core.Idempotency;
using Serverless.Edge.Fakes;
using Xunit;

namespace Serverless.Edge;

/// <summary>Producers with ids, epochs and sequences (section 5.2 of the HTTP contract), on real logs in memory.</summary>
public sealed class IdempotentProducerTests
{
    private readonly KeyedWorld _world = new();

    [Fact]
    public async Task A_new_producer_has_an_id_of_its_own_and_epoch_zero()
    {
        var (first, second) = (_world.Start(), _world.Start());

        var answer = await first.PostAsync("/producers", "{}", null);
        var id = answer.Json.GetProperty("producer_id").GetInt64();
        var others = new[] { await NewIdAsync(first), await NewIdAsync(second), await NewIdAsync(second) };

        Assert.Equal(200, answer.Status);
        Assert.Equal($$"""{"producer_id":{{id}},"producer_epoch":0,"base_uri":"https://host/producers/{{id}}"}""", answer.Body);
        Assert.Equal(4, others.Append(id).Distinct().Count());
        Assert.Equal(200, (await first.PostAsync("/producers/", "", null)).Status);
        Assert.Equal((422, 422), (await first.PostAsync("/producers", """{"id":1}""", null)).Error);
        Assert.Equal((400, 400), (await first.PostAsync("/producers", "[]", null)).Error);
    }

    [Fact]
    public async Task A_repeated_request_is_stored_once_and_answered_as_before()
    {
        var (first, second) = (_world.Start(), _world.Start());
        var topic = await first.CreateTopicAsync("t", 3);
        var id = await NewIdAsync(first);
        var body = Body(id, 0, 0, 7);

        var answer = await first.ProduceAsync(null, body);
        var again = await first.ProduceAsync(null, body);
        var elsewhere = await second.ProduceAsync(null, body);

        Assert.Equal(200, answer.Status);
        Assert.Equal(answer.Body, again.Body);
        Assert.Equal(answer.Body, elsewhere.Body);
        Assert.Equal(7, (await second.ValuesAsync(topic)).Count);
    }

    [Fact]
    public async Task A_repeated_request_is_stored_once_though_partitions_were_added()
    {
        var (first, second) = (_world.Start(), _world.Start());
        var topic = await first.CreateTopicAsync("t", 3);
        var id = await NewIdAsync(first);

        var answer = await first.ProduceAsync(null, Body(id, 0, 0, 7));
        await second.Topics.SetPartitionsAsync("t", 8, default);
        var elsewhere = await second.ProduceAsync(null, Body(id, 0, 0, 7));
        var next = await second.ProduceAsync(null, Body(id, 0, 7, 7));
        _world.Clock.Advance(TimeSpan.FromHours(13));
        var later = await _world.Start().ProduceAsync(null, Body(id, 0, 7, 7));

        Assert.Equal(answer.Body, elsewhere.Body);
        Assert.Equal(next.Body, later.Body);
        Assert.Equal(14, (await second.ValuesAsync(topic with { Partitions = 8 })).Count);
    }

    [Fact]
    public async Task Records_that_name_their_partitions_go_to_those_that_were_added()
    {
        var process = _world.Start();
        await process.CreateTopicAsync("t", 1);
        var id = await NewIdAsync(process);
        await process.ProduceAsync(null, Body(id, 0, 0, 1));
        await _world.Start().Topics.SetPartitionsAsync("t", 2, default);

        var answer = await process.ProduceAsync(
            null, $$$"""{"producer":{"id":{{{id}}},"epoch":0,"base_sequence":1},"records":[{"partition":1},{"key":1}]}""");

        Assert.Equal(200, answer.Status);
        Assert.Equal([1, 0], answer.Json.GetProperty("offsets").EnumerateArray().Select(each => each.GetProperty("partition").GetInt32()));
    }

    [Fact]
    public async Task On_one_partition_sequences_follow_one_another_and_on_a_topic_they_grow()
    {
        var process = _world.Start();
        var topic = await process.CreateTopicAsync("t", 1);
        await process.CreateTopicAsync("u", 1);
        var id = await NewIdAsync(process);
        const string Path = "/topics/t/partitions/0";

        Assert.Equal((409, 40952), (await process.ProduceAsync(null, Body(id, 0, 1, 1), Path)).Error);
        Assert.Equal(200, (await process.ProduceAsync(null, Body(id, 0, 0, 2), Path)).Status);
        Assert.Equal((409, 40952), (await process.ProduceAsync(null, Body(id, 0, 3, 1), Path)).Error);
        Assert.Equal((409, 40952), (await process.ProduceAsync(null, Body(id, 0, 1, 2), Path)).Error);
        Assert.Equal(200, (await process.ProduceAsync(null, Body(id, 0, 2, 1), Path)).Status);
        Assert.Equal(200, (await process.ProduceAsync(null, Body(id, 0, 17, 1), "/topics/u")).Status);
        Assert.Equal(200, (await process.ProduceAsync(null, Body(id, 0, 90, 1), "/topics/u")).Status);
        Assert.Equal((409, 40952), (await process.ProduceAsync(null, Body(id, 0, 50, 1), "/topics/u")).Error);
        Assert.Equal(3, (await process.ValuesAsync(topic)).Count);
    }

    [Fact]
    public async Task A_failure_of_all_records_has_their_list_too()
    {
        var process = _world.Start();
        await process.CreateTopicAsync("t", 1);

        var answer = await process.ProduceAsync(null, Body(await NewIdAsync(process), 0, 5, 1), "/topics/t/partitions/0");

        Assert.Equal((409, 40952), answer.Error);
        Assert.Equal(40952, answer.Json.GetProperty("offsets")[0].GetProperty("error_code").GetInt32());
    }

    [Fact]
    public async Task An_older_epoch_is_fenced()
    {
        var process = _world.Start();
        await process.CreateTopicAsync("t", 1);
        var id = await NewIdAsync(process);

        Assert.Equal(200, (await process.ProduceAsync(null, Body(id, 2, 0, 1))).Status);
        Assert.Equal((409, 40951), (await process.ProduceAsync(null, Body(id, 1, 1, 1))).Error);
    }

    [Fact]
    public async Task Nobody_produces_with_an_id_that_is_not_known()
    {
        var process = _world.Start();
        await process.CreateTopicAsync("t", 1);
        var id = await NewIdAsync(process);

        Assert.Equal((404, 40450), (await process.ProduceAsync(null, Body(id + 1, 0, 0, 1))).Error);
        Assert.Equal((404, 40401), (await process.ProduceAsync(null, Body(id + 1, 0, 0, 1), "/topics/none")).Error);
        Assert.Equal(204, (await DeleteAsync(process, id)).Status);
        Assert.Equal((404, 40450), (await process.ProduceAsync(null, Body(id, 0, 0, 1))).Error);
        Assert.Equal((404, 40450), (await DeleteAsync(process, id)).Error);
        Assert.Equal((404, 40450), (await process.Host.SendAsync("DELETE", "/producers/x", null)).Error);
        Assert.Equal((404, 40450), (await process.Host.SendAsync("DELETE", "/producers/-1", null)).Error);
    }

    [Fact]
    public async Task A_steady_producer_costs_no_table_call()
    {
        var process = _world.Start();
        await process.CreateTopicAsync("t", 1);
        var id = await NewIdAsync(process);
        await process.ProduceAsync(null, Body(id, 0, 0, 1));
        var before = _world.Meter.Read();

        Assert.Equal(200, (await process.ProduceAsync(null, Body(id, 0, 1, 1))).Status);

        var calls = _world.Meter.Read() - before;
        Assert.Equal((0, 1, 1), (calls.Tables, calls.Appends, calls.Blobs));
    }

    [Theory]
    [InlineData("""{"id":"1","epoch":0,"base_sequence":0}""", 400)]
    [InlineData("""{"id":1.5,"epoch":0,"base_sequence":0}""", 400)]
    [InlineData("""{"id":1,"epoch":null,"base_sequence":0}""", 400)]
    [InlineData("""{"id":1,"id":1,"epoch":0,"base_sequence":0}""", 400)]
    [InlineData("[1]", 400)]
    [InlineData("1", 400)]
    [InlineData("{}", 422)]
    [InlineData("""{"id":1,"epoch":0}""", 422)]
    [InlineData("""{"id":-1,"epoch":0,"base_sequence":0}""", 422)]
    [InlineData("""{"id":1,"epoch":32768,"base_sequence":0}""", 422)]
    [InlineData("""{"id":1,"epoch":-1,"base_sequence":0}""", 422)]
    [InlineData("""{"id":1,"epoch":0,"base_sequence":2147483648}""", 422)]
    [InlineData("""{"id":1,"epoch":0,"base_sequence":-1}""", 422)]
    [InlineData("""{"id":1,"epoch":0,"base_sequence":0,"sequence":0}""", 422)]
    public async Task A_producer_that_makes_no_sense_is_refused(string producer, int status)
    {
        var process = _world.Start();
        var topic = await process.CreateTopicAsync("t", 1);

        Assert.Equal((status, status), (await process.ProduceAsync(null, $$"""{"producer":{{producer}},"records":[{"value":1}]}""")).Error);
        Assert.Equal((status, status), (await process.ProduceAsync(null, $$"""{"records":[{"value":1}],"producer":{{producer}}}""")).Error);
        Assert.Empty(await process.ValuesAsync(topic));
    }

    [Fact]
    public async Task A_producer_needs_no_key_and_takes_none()
    {
        var process = _world.Start(new IdempotencyOptions { KeyRequired = true });
        await process.CreateTopicAsync("t", 1);
        var id = await NewIdAsync(process);

        Assert.Equal(200, (await process.ProduceAsync(null, Body(id, 0, 0, 1))).Status);
        Assert.Equal((422, 422), (await process.ProduceAsync("a", Body(id, 0, 1, 1))).Error);
        Assert.Equal((400, 40050), (await process.ProduceAsync(null, """{"producer":null,"records":[{}]}""")).Error);
    }

    private static string Body(long id, int epoch, int sequence, int records) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        {"producer":{"id":{{id}},"epoch":{{epoch}},"base_sequence":{{sequence}}},
         "records":[{{string.Join(',', Enumerable.Range(sequence, records).Select(i => $"{{\"value\":{i}}}"))}}]}
        """);

    private static async Task<long> NewIdAsync(KeyedWorld.Process process) =>
        (await process.PostAsync("/producers", "{}", null)).Json.GetProperty("producer_id").GetInt64();

    private static Task<Answer> DeleteAsync(KeyedWorld.Process process, long id) =>
        process.Host.SendAsync("DELETE", $"/producers/{id}", null);
}
