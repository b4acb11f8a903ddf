using System.Text;
using Serverless.Core;
using Serverless.Core.Groups;
using Serverless.Core.Records;
using Serverless.Edge.Fakes;
using Serverless.Functions.Http;
using Xunit;

namespace Serverless.Edge;

public sealed class ConsumerTests
{
    private const string C1 = "/consumers/g/instances/c1";

    private readonly EdgeHost _host = new();

    [Fact]
    public async Task An_instance_is_created_with_the_settings_of_its_body()
    {
        var answer = await _host.PostAsync("/consumers/my%20group/", """
            {"name": "c 1", "format": "JSON", "auto.offset.reset": "earliest", "auto.commit.enable": "false", "fetch.min.bytes": "-1",
             "consumer.request.timeout.ms": 9999999, "isolation.level": "read_committed", "group.instance.id": "static",
             "partition.assignment.strategy": "range", "delivery.mode": "at_most_once", "session.timeout.ms": 6000, "replace": true,
             "topic.metadata.refresh.interval.ms": "5"}
            """);

        Assert.Equal(200, answer.Status);
        Assert.Equal(
            """{"instance_id":"c 1","base_uri":"https://host/consumers/my%20group/instances/c%201"}""", answer.Body);
        var (operation, arguments) = Assert.Single(_host.Groups.Calls);
        Assert.Equal(("create", "my group", "c 1", true), (operation, arguments[0], arguments[1], arguments[3]));
        Assert.Equal(
            new ConsumerSettings
            {
                Format = RecordFormat.Json, AutoOffsetReset = AutoOffsetReset.Earliest, AutoCommit = false, FetchMinBytes = -1,
                RequestTimeout = TimeSpan.FromSeconds(60), IsolationLevel = IsolationLevel.ReadCommitted, GroupInstanceId = "static",
                Assignor = "range", DeliveryMode = DeliveryMode.AtMostOnce, SessionTimeout = TimeSpan.FromSeconds(6),
                InstanceTimeout = TimeSpan.FromMinutes(5),
            },
            arguments[2]);
    }

    [Theory]
    [InlineData("""{"delivery.mode":"exactly_once"}""")]
    [InlineData("""{"delivery.mode":"Exactly_Once","auto.commit.enable":"false","isolation.level":"read_committed"}""")]
    [InlineData("""{"auto.commit.enable":null,"isolation.level":null,"delivery.mode":"exactly_once"}""")]
    public async Task An_instance_of_exactly_once_reads_what_is_committed_and_commits_nothing_by_itself(string body)
    {
        Assert.Equal(200, (await _host.PostAsync("/consumers/g", body)).Status);

        Assert.Equal(
            new ConsumerSettings
            {
                DeliveryMode = DeliveryMode.ExactlyOnce, AutoCommit = false, IsolationLevel = IsolationLevel.ReadCommitted,
            },
            _host.Groups.Calls[0].Arguments[2]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("""{"name":null,"format":null}""")]
    public async Task An_instance_without_a_body_has_a_name_and_the_defaults(string? body)
    {
        var answer = await _host.PostAsync("/consumers/g", body, type: null);

        Assert.Matches("^rest-consumer-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
            answer.Json.GetProperty("instance_id").GetString());
        Assert.Equal(new ConsumerSettings(), _host.Groups.Calls[0].Arguments[2]);
    }

    [Theory]
    [InlineData("""{"id":"a","name":"b"}""", "a")]
    [InlineData("""{"name":"b","enable.auto.commit":true,"responseMinBytes":5,"requestWaitMs":7}""", "b")]
    public async Task Synonyms_are_taken(string body, string name)
    {
        await _host.PostAsync("/consumers/g", body);

        Assert.Empty(_host.Log.Lines);
        Assert.Equal(name, _host.Groups.Calls[0].Arguments[1]);
    }

    [Theory]
    [InlineData("""{"format":"avro"}""", 42204)]
    [InlineData("""{"format":5}""", 42204)]
    [InlineData("""{"auto.offset.reset":"smallest"}""", 42204)]
    [InlineData("""{"auto.commit.enable":"yes"}""", 42204)]
    [InlineData("""{"fetch.min.bytes":-2}""", 42204)]
    [InlineData("""{"fetch.min.bytes":1.5}""", 42204)]
    [InlineData("""{"consumer.request.timeout.ms":0}""", 42204)]
    [InlineData("""{"session.timeout.ms":5999}""", 42204)]
    [InlineData("""{"session.timeout.ms":300001}""", 42204)]
    [InlineData("""{"delivery.mode":"twice"}""", 42204)]
    [InlineData("""{"delivery.mode":"exactly_once","auto.commit.enable":true}""", 42204)]
    [InlineData("""{"enable.auto.commit":"true","delivery.mode":"exactly_once"}""", 42204)]
    [InlineData("""{"isolation.level":"read_uncommitted","delivery.mode":"exactly_once"}""", 42204)]
    [InlineData("""{"name":"a/b"}""", 42204)]
    [InlineData("""{"name":"a%2Fb"}""", 42204)]
    [InlineData("""{"name":""}""", 42204)]
    [InlineData("""{"nam":"a"}""", 42204)]
    [InlineData("""{"format":"avro","name":"x","name":"y"}""", 400)]
    [InlineData("""{"format":"avro" """, 400)]
    [InlineData("[]", 400)]
    [InlineData("null", 400)]
    public async Task A_bad_configuration_creates_nothing(string body, int code)
    {
        var answer = await _host.PostAsync("/consumers/g", body);

        Assert.Equal((code == 400 ? 400 : 422, code), answer.Error);
        Assert.Empty(_host.Groups.Calls);
    }

    [Theory]
    [InlineData("""{"topics":["a","b","a"]}""", 204)]
    [InlineData("""{"topic_pattern":"t.*"}""", 204)]
    [InlineData("""{"topics":["a"],"topic_pattern":null}""", 204)]
    [InlineData("""{"topics":["a"],"topic_pattern":"b"}""", 40903)]
    [InlineData("""{"topics":"a"}""", 422)]
    [InlineData("""{"topics":[1]}""", 422)]
    [InlineData("""{"topics":["a/b"]}""", 422)]
    [InlineData("""{"topic_pattern":5}""", 422)]
    [InlineData("""{"topic_pattern":"("}""", 422)]
    [InlineData("""{"topic_pattern":"(a)\\1"}""", 422)]
    [InlineData("{}", 422)]
    [InlineData(null, 422)]
    [InlineData("""{"topic":["a"]}""", 422)]
    [InlineData("{", 400)]
    public async Task A_subscription_names_topics_or_a_pattern(string? body, int code)
    {
        var answer = await _host.PostAsync($"{C1}/subscription", body);

        Assert.Equal(code, answer.Status == 204 ? 204 : answer.ErrorCode);
        Assert.Equal(code == 204 ? 1 : 0, _host.Groups.Calls.Count);
    }

    [Theory]
    [InlineData("""{"partitions":[{"topic":"t","partition":0},{"topic":"t","partition":0}]}""", 204)]
    [InlineData("""{"partitions":[]}""", 204)]
    [InlineData("""{"partitions":{}}""", 422)]
    [InlineData("""{"partitions":null}""", 422)]
    [InlineData("{}", 422)]
    [InlineData("", 422)]
    [InlineData("""{"partitions":[{"topic":"t"}]}""", 422)]
    [InlineData("""{"partitions":[{"topic":"t","partition":-1}]}""", 422)]
    [InlineData("""{"partitions":[{"topic":"a b","partition":0}]}""", 422)]
    [InlineData("""{"partitions":[{"topic":"t","partition":0,"offset":1}]}""", 422)]
    [InlineData("""{"partitions":[{"topic":"t","partition":"0"}]}""", 400)]
    [InlineData("""{"partitions":[{"topic":5,"partition":0}]}""", 400)]
    [InlineData("""{"partitions":[5]}""", 400)]
    public async Task An_assignment_lists_partitions(string body, int status)
    {
        var answer = await _host.PostAsync($"{C1}/assignments", body);

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 204 ? 1 : 0, _host.Groups.Calls.Count);
    }

    [Fact]
    public async Task A_seek_moves_to_offsets_and_to_times()
    {
        var answer = await _host.PostAsync($"{C1}/positions", """
            {"offsets": [{"topic":"t","partition":0,"offset":9007199254740993},{"topic":"t","partition":0,"offset":10}],
             "timestamps": [{"topic":"t","partition":1,"timestamp":"2024-01-01T00:00:00Z"},{"topic":"u","partition":0,"timestamp":5}]}
            """);
        await _host.PostAsync($"{C1}/positions/beginning", """{"partitions":[{"topic":"t","partition":0}]}""");
        await _host.PostAsync($"{C1}/positions/end", """{"partitions":[{"topic":"t","partition":0}]}""");

        Assert.Equal(204, answer.Status);
        Assert.Equal(
            [
                new SeekTarget(new("t", 0), SeekKind.Offset, 10), new SeekTarget(new("t", 1), SeekKind.Timestamp, 1704067200000),
                new SeekTarget(new("u", 0), SeekKind.Timestamp, 5),
            ],
            Targets(0));
        Assert.Equal([new SeekTarget(new("t", 0), SeekKind.Beginning)], Targets(1));
        Assert.Equal([new SeekTarget(new("t", 0), SeekKind.End)], Targets(2));
    }

    [Theory]
    [InlineData("", 422)]
    [InlineData("{}", 422)]
    [InlineData("""{"offsets":{}}""", 422)]
    [InlineData("""{"offsets":[{"topic":"t","partition":0}]}""", 422)]
    [InlineData("""{"offsets":[{"topic":"t","partition":0,"offset":-1}]}""", 422)]
    [InlineData("""{"offsets":[{"topic":"t","partition":0,"offset":9223372036854775808}]}""", 400)]
    [InlineData("""{"timestamps":[{"topic":"t","partition":0}]}""", 422)]
    [InlineData("""{"timestamps":[{"topic":"t","partition":0,"timestamp":"2024"}]}""", 422)]
    [InlineData("""{"timestamps":[{"topic":"t","partition":0,"timestamp":-1}]}""", 422)]
    [InlineData("""{"offsets":[{"topic":"t","partition":0,"offset":1}],"timestamps":[{"topic":"t","partition":0,"timestamp":1}]}""", 422)]
    public async Task A_bad_seek_moves_nothing(string body, int status)
    {
        var answer = await _host.PostAsync($"{C1}/positions", body);

        Assert.Equal((status, status), answer.Error);
        Assert.Empty(_host.Groups.Calls);
    }

    [Theory]
    [InlineData("""{"offsets":[{"topic":"t","partition":0,"offset":20,"metadata":"m"}]}""", "t-0=21m")]
    [InlineData("""{"partitions":[{"topic":"t","partition":0,"offset":-1}]}""", "t-0=0")]
    [InlineData("""{"offsets":[{"topic":"t","partition":0,"next_offset":20,"metadata":null}]}""", "t-0=20")]
    [InlineData("""{"offsets":[{"topic":"t","partition":0,"offset":1},{"topic":"u","partition":0,"offset":1},{"topic":"t","partition":0,"offset":5}]}""", "t-0=6,u-0=2")]
    [InlineData("""{"offsets":[]}""", "")]
    [InlineData("""{"offsets":null}""", null)]
    [InlineData("{}", null)]
    [InlineData("", null)]
    public async Task A_commit_stores_the_offset_behind_the_last_record(string body, string? commits)
    {
        var answer = await _host.PostAsync($"{C1}/offsets?async=true", body);

        Assert.Equal(200, answer.Status);
        var asked = (IReadOnlyList<GroupOffset>?)_host.Groups.Calls[0].Arguments[2];
        Assert.Equal(commits, asked is null ? null : string.Join(',', asked.Select(o => $"{o.At}={o.Offset}{o.Metadata}")));
    }

    [Fact]
    public async Task A_commit_tells_what_was_stored()
    {
        var answer = await _host.PostAsync($"{C1}/offsets", """{"offsets":[{"topic":"t","partition":0,"offset":20}]}""");

        Assert.Equal("""[{"topic":"t","partition":0,"consumed":20,"committed":21}]""", answer.Body);
    }

    [Theory]
    [InlineData("""{"offsets":[{"topic":"t","partition":0}]}""", 422)]
    [InlineData("""{"offsets":[{"topic":"t","partition":0,"offset":-2}]}""", 422)]
    [InlineData("""{"offsets":[{"topic":"t","partition":0,"offset":9223372036854775807}]}""", 422)]
    [InlineData("""{"offsets":[{"topic":"t","partition":0,"offset":1,"next_offset":2}]}""", 422)]
    [InlineData("""{"offsets":[],"partitions":[]}""", 422)]
    [InlineData("""{"offsets":[{"topic":"t","partition":0,"offset":1.0}]}""", 400)]
    [InlineData("[]", 400)]
    public async Task A_bad_commit_stores_nothing(string body, int status)
    {
        var answer = await _host.PostAsync($"{C1}/offsets", body);

        Assert.Equal((status, status), answer.Error);
        Assert.Empty(_host.Groups.Calls);
    }

    [Fact]
    public async Task A_commit_of_something_unknown_says_what_is_unknown()
    {
        _host.Topics.Add("t", 1);
        _host.Groups.Error = ErrorCode.UnknownTopicOrPartition;

        var topic = await _host.PostAsync($"{C1}/offsets", """{"offsets":[{"topic":"nope","partition":0,"offset":1}]}""");
        var partition = await _host.PostAsync($"{C1}/offsets", """{"offsets":[{"topic":"t","partition":1,"offset":1}]}""");

        Assert.Equal((404, 40401), topic.Error);
        Assert.Equal((404, 40402), partition.Error);
    }

    [Fact]
    public async Task Offsets_are_asked_for_in_a_body_in_the_query_or_not_at_all()
    {
        _host.Groups.Offsets = [new GroupOffset(new("t", 0), 21, "m")];
        var body = Encoding.UTF8.GetBytes("""{"partitions":[{"topic":"t","partition":0}]}""");

        var answer = await _host.SendAsync("GET", $"{C1}/offsets", body);
        await _host.GetAsync($"{C1}/offsets?partitions=t:0,u:1,t:0");
        await _host.GetAsync($"{C1}/offsets");
        var both = await _host.SendAsync("GET", $"{C1}/offsets?partitions=t:0", body);

        Assert.Equal("""{"offsets":[{"topic":"t","partition":0,"offset":21,"metadata":"m"}]}""", answer.Body);
        Assert.Equal([new("t", 0)], (IReadOnlyList<TopicPartition>?)_host.Groups.Calls[0].Arguments[2]);
        Assert.Equal([new("t", 0), new("u", 1)], (IReadOnlyList<TopicPartition>?)_host.Groups.Calls[1].Arguments[2]);
        Assert.Null(_host.Groups.Calls[2].Arguments[2]);
        Assert.Equal((400, 400), both.Error);
    }

    [Theory]
    [InlineData("t")]
    [InlineData("t:")]
    [InlineData(":0")]
    [InlineData("t:-1")]
    [InlineData("t:0,")]
    [InlineData("t:01")]
    [InlineData("")]
    public async Task A_bad_list_in_the_query_is_400(string partitions)
    {
        Assert.Equal((400, 400), (await _host.GetAsync($"{C1}/offsets?partitions={partitions}")).Error);
    }

    [Theory]
    [InlineData("", null, null, 67108864L)]
    [InlineData("?timeout=0&max_bytes=0&min_bytes=5", null, 5, 67108864L)]
    [InlineData("?timeout=-1&max_bytes=-5", null, null, 67108864L)]
    [InlineData("?timeout=2500&max_bytes=1000&min_bytes=-1", 2500, -1, 1000L)]
    [InlineData("?timeout=1000000000000&max_bytes=2147483648", 60000, null, 67108864L)]
    public async Task A_poll_is_bounded_by_its_query_and_the_limits(string query, int? wait, int? minBytes, long maxBytes)
    {
        var answer = await _host.GetAsync($"{C1}/records{query}");

        var request = (PollRequest)_host.Groups.Calls[0].Arguments[2]!;
        Assert.Equal("[]", answer.Body);
        Assert.Equal(
            (wait is null ? null : TimeSpan.FromMilliseconds(wait.Value), minBytes, maxBytes),
            (request.Wait, request.MinBytes, request.MaxBytes));
    }

    [Theory]
    [InlineData("name", "a/b", "name must not have slashes, control or formatting characters.")]
    [InlineData("id", "", "id must have 1 to 255 characters.")]
    [InlineData("group.instance.id", ".", "group.instance.id must not be '.' or '..': no path could name it.")]
    public async Task A_refused_name_is_told_by_its_field(string field, string name, string message)
    {
        var answer = await _host.PostAsync("/consumers/g", $$"""{"{{field}}":"{{name}}"}""");

        Assert.Equal(message, answer.Json.GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_host_that_stops_says_that_the_wait_of_a_poll_is_over()
    {
        await _host.GetAsync($"{C1}/records?timeout=60000");
        var request = (PollRequest)_host.Groups.Calls[0].Arguments[2]!;
        Assert.False(request.WaitIsOver.IsCancellationRequested);

        _host.Lifetime.StopApplication();

        Assert.True(request.WaitIsOver.IsCancellationRequested);
    }

    [Theory]
    [InlineData("timeout=1e3")]
    [InlineData("timeout=%2B1")]
    [InlineData("timeout=")]
    [InlineData("max_bytes=abc")]
    [InlineData("max_bytes=9223372036854775808")]
    [InlineData("min_bytes=-2")]
    [InlineData("timeout=1&timeout=2")]
    [InlineData("timeout[]=1")]
    [InlineData("max_byte=1")]
    [InlineData("fetch=1")]
    public async Task A_bad_query_is_400_and_polls_nothing(string query)
    {
        Assert.Equal((400, 400), (await _host.GetAsync($"{C1}/records?{query}")).Error);
        Assert.Empty(_host.Groups.Calls);
    }

    [Fact]
    public async Task Records_are_those_of_the_slice_alone()
    {
        using var builder = new RecordBatchBuilder();
        foreach (var value in (string[])["1", "1.10", "3", "4"])
        {
            builder.Add(5, [], true, Encoding.UTF8.GetBytes(value), false);
        }

        var batch = builder.Build();
        RecordBatch.Stamp(batch, 100, 0);
        var marker = RecordBatchBuilder.BuildControl(ControlRecord.Commit, 0, [0, 0, 0, 0, 0, 0], 1, 7, 0, true);
        RecordBatch.Stamp(marker, 104, 0);
        _host.Groups.Settings = new ConsumerSettings { Format = RecordFormat.Json };
        _host.Groups.Poll = new PollAnswer(
            ErrorCode.None, [new PolledSlice(new("t", 3), (byte[])[.. batch, .. marker], 101, 103)], More: true);

        var answer = await _host.GetAsync($"{C1}/records", ("Accept", "*/*"));

        Assert.Equal(MediaType.Json, answer.ContentType);
        Assert.Equal("true", answer.Headers["Kafka-More"]);
        Assert.Equal(
            """[{"topic":"t","key":null,"value":1.10,"partition":3,"offset":101,"timestamp":5},{"topic":"t","key":null,"value":3,"partition":3,"offset":102,"timestamp":5}]""",
            answer.Body);
    }

    [Fact]
    public async Task A_large_reply_is_flushed_as_it_grows_and_not_at_every_batch()
    {
        using var builder = new RecordBatchBuilder();
        builder.Add(5, [], true, new byte[30_000], false);
        byte[] batch = builder.Build(), batches = [.. Enumerable.Range(0, 20).SelectMany(_ => batch)];
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        var flushes = new List<int>();

        await RecordsWriter.WriteAsync(
            output, () => { flushes.Add(output.WrittenCount); return ValueTask.CompletedTask; },
            [new PolledSlice(new("t", 0), batches, 0, 1)], RecordFormat.Binary);

        Assert.InRange(flushes.Count, 5, 15);
        Assert.All(flushes.Zip(flushes.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 64 * 1024, 128 * 1024));
        Assert.Equal(20, System.Text.Json.JsonDocument.Parse(output.WrittenMemory).RootElement.GetArrayLength());
    }

    [Fact]
    public async Task A_record_that_is_not_JSON_is_told_with_its_place()
    {
        _host.Groups.Settings = new ConsumerSettings { Format = RecordFormat.Json };
        _host.Groups.Poll = new PollAnswer(ErrorCode.InvalidRecord, [], false, null, new TopicPartition("t", 1), 7);

        var answer = await _host.GetAsync($"{C1}/records");

        Assert.Equal((422, 42203), answer.Error);
        Assert.Equal(
            ("t", 1, 7L),
            (answer.Json.GetProperty("topic").GetString(), answer.Json.GetProperty("partition").GetInt32(),
                answer.Json.GetProperty("offset").GetInt64()));
    }

    [Fact]
    public async Task Records_of_another_format_are_406_and_none_is_lost()
    {
        var answer = await _host.GetAsync($"{C1}/records", ("Accept", MediaType.Json));
        var image = await _host.GetAsync($"{C1}/records", ("Accept", "image/png"));
        var head = await _host.SendAsync("HEAD", $"{C1}/records", null);

        Assert.Equal((406, 40601), answer.Error);
        Assert.Equal((406, 406), image.Error);
        Assert.Equal((200, MediaType.Binary, ""), (head.Status, head.ContentType, head.Body));
        Assert.Empty(_host.Groups.Calls);
    }

    [Fact]
    public async Task An_unknown_instance_is_40403_on_every_route()
    {
        _host.Groups.Error = ErrorCode.UnknownMemberId;
        _host.Groups.Settings = null;
        const string Partitions = """{"partitions":[{"topic":"t","partition":0}]}""";

        Answer[] answers =
        [
            await _host.SendAsync("DELETE", C1, null), await _host.GetAsync($"{C1}/subscription"),
            await _host.PostAsync($"{C1}/subscription", """{"topics":["t"]}"""), await _host.SendAsync("DELETE", $"{C1}/subscription", null),
            await _host.GetAsync($"{C1}/assignments"), await _host.PostAsync($"{C1}/assignments", Partitions),
            await _host.GetAsync($"{C1}/positions"), await _host.PostAsync($"{C1}/positions/beginning", Partitions),
            await _host.PostAsync($"{C1}/positions/end", Partitions),
            await _host.PostAsync($"{C1}/positions", """{"offsets":[{"topic":"t","partition":0,"offset":1}]}"""),
            await _host.GetAsync($"{C1}/offsets"), await _host.PostAsync($"{C1}/offsets", "{}"), await _host.GetAsync($"{C1}/records"),
            await _host.PostAsync($"{C1}/heartbeat", null), await _host.GetAsync($"{C1}/lag"),
        ];

        Assert.All(answers, answer => Assert.Equal((404, 40403), answer.Error));
    }

    [Fact]
    public async Task What_an_instance_has_is_shown()
    {
        _host.Groups.Topics = ["t"];
        _host.Groups.Assigned = [new("t", 0)];
        _host.Groups.Offsets = [new GroupOffset(new("t", 0), 30)];
        _host.Groups.Lags = [new PartitionLag(new("t", 0), 25, 30, 37, "c1"), new PartitionLag(new("t", 1), -1, -1, 3, "")];

        Assert.Equal("""{"topics":["t"]}""", (await _host.GetAsync($"{C1}/subscription")).Body);
        Assert.Equal("""{"partitions":[{"topic":"t","partition":0}]}""", (await _host.GetAsync($"{C1}/assignments")).Body);
        Assert.Equal("""{"offsets":[{"topic":"t","partition":0,"offset":30}]}""", (await _host.GetAsync($"{C1}/positions")).Body);
        Assert.Equal(
            """{"generation":7,"partitions":[{"topic":"t","partition":0}],"expires_at":"1970-01-01T00:00:00.000Z"}""",
            (await _host.PostAsync($"{C1}/heartbeat", null)).Body);
        Assert.Equal(
            """{"total_lag":15,"partitions":[{"topic":"t","partition":0,"position":30,"committed":25,"end_offset":37,"lag":12},{"topic":"t","partition":1,"position":null,"committed":null,"end_offset":3,"lag":3}]}""",
            (await _host.GetAsync($"{C1}/lag")).Body);
    }

    [Fact]
    public async Task A_groups_offsets_are_read_and_reset_without_an_instance()
    {
        _host.Groups.Offsets = [new GroupOffset(new("t", 0), 21, "")];

        var read = await _host.GetAsync("/consumers/g/offsets?partitions=t:0");
        var reset = await _host.PostAsync("/consumers/g/offsets", """
            {"offsets": [{"topic":"t","partition":0,"offset":20},{"topic":"t","partition":1,"to":"beginning"},{"topic":"t","partition":2,"to":"end"}],
             "timestamps": [{"topic":"t","partition":3,"timestamp":5}]}
            """);
        var mixed = await _host.PostAsync("/consumers/g/offsets", """{"offsets":[{"topic":"t","partition":0,"offset":1,"to":"end"}]}""");

        Assert.Equal("""{"offsets":[{"topic":"t","partition":0,"offset":21,"metadata":""}]}""", read.Body);
        Assert.Equal("""[{"topic":"t","partition":0,"consumed":20,"committed":21}]""", reset.Body);
        Assert.Equal((422, 422), mixed.Error);
        Assert.Equal(
            [
                new SeekTarget(new("t", 0), SeekKind.Offset, 21), new SeekTarget(new("t", 1), SeekKind.Beginning),
                new SeekTarget(new("t", 2), SeekKind.End), new SeekTarget(new("t", 3), SeekKind.Timestamp, 5),
            ],
            (IReadOnlyList<SeekTarget>)_host.Groups.Calls[1].Arguments[1]!);
    }

    private IReadOnlyList<SeekTarget> Targets(int call) => (IReadOnlyList<SeekTarget>)_host.Groups.Calls[call].Arguments[2]!;
}
