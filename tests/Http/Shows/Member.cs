using System.Text.Json.Nodes;

namespace Serverless.Http.Shows;

/// <summary>A consumer instance. Each request goes to the process that it names, for any of them will do.</summary>
internal sealed record Member(string Group, string Name)
{
    public string Path => $"/consumers/{Group}/instances/{Name}";

    /// <summary>Creates an instance that reads JSON from the beginning and commits by request only, unless the fields say otherwise.</summary>
    public static async Task<Member> CreateAsync(
        LogClient at, string group, string name, params (string Field, JsonNode? Value)[] fields)
    {
        var body = new JsonObject
        {
            ["name"] = name,
            ["format"] = "json",
            ["auto.offset.reset"] = "earliest",
            ["auto.commit.enable"] = false,
        };
        Array.ForEach(fields, field => body[field.Field] = field.Value);
        (await at.SendAsync("POST", $"/consumers/{group}", body.ToJsonString())).Must(200);
        return new Member(group, name);
    }

    public async Task SubscribeAsync(LogClient at, string topic) =>
        (await at.SendAsync("POST", $"{Path}/subscription", $$"""{"topics":["{{topic}}"]}""")).Must(204);

    /// <param name="query">More of the query, such as <c>&amp;max_records=10</c>.</param>
    public Task<Answer> TryPollAsync(LogClient at, int timeoutMs = 1000, string query = "") =>
        at.SendAsync("GET", $"{Path}/records?timeout={timeoutMs}{query}");

    public async Task<IReadOnlyList<Placed>> PollAsync(LogClient at, int timeoutMs = 1000, string query = "") =>
        LogClient.Records(await TryPollAsync(at, timeoutMs, query));

    /// <summary>Polls until so many records came.</summary>
    public async Task<IReadOnlyList<Placed>> PollAsync(LogClient at, int count, int timeoutMs, string query = "")
    {
        var records = new List<Placed>();
        await Eventually.SeesAsync(
            async () =>
            {
                records.AddRange(await PollAsync(at, timeoutMs, query));
                return records.Count;
            },
            seen => seen >= count,
            seen => $"{seen} of {count} records came");
        return records;
    }

    /// <summary>Commits what earlier polls delivered.</summary>
    public async Task CommitAsync(LogClient at) => (await at.SendAsync("POST", $"{Path}/offsets")).Must(200);

    /// <summary>Says that a record was the last that is done with.</summary>
    public Task<Answer> TryCommitAsync(LogClient at, string topic, Placed last) =>
        at.SendAsync(
            "POST",
            $"{Path}/offsets",
            $$"""{"offsets":[{"topic":"{{topic}}","partition":{{last.Partition}},"offset":{{last.Offset}}}]}""");

    /// <summary>The next offset to read by partition, as the group has it.</summary>
    public async Task<IReadOnlyDictionary<int, long>> CommittedAsync(LogClient at, string topic, int partitions)
    {
        var named = string.Join(',', Enumerable.Range(0, partitions).Select(partition => $"{topic}:{partition}"));
        var answer = (await at.SendAsync("GET", $"{Path}/offsets?partitions={named}")).Must(200);
        return answer.Node["offsets"]!.AsArray().ToDictionary(
            entry => entry!["partition"]!.GetValue<int>(), entry => entry!["offset"]!.GetValue<long>());
    }

    /// <summary>The partitions that it has.</summary>
    public async Task<IReadOnlyList<int>> AssignmentAsync(LogClient at) => Partitions(await at.SendAsync("GET", $"{Path}/assignments"));

    /// <summary>Renews it, and says which partitions it has.</summary>
    public async Task<IReadOnlyList<int>> HeartbeatAsync(LogClient at) => Partitions(await at.SendAsync("POST", $"{Path}/heartbeat"));

    public async Task LeaveAsync(LogClient at) => (await at.SendAsync("DELETE", Path)).Must(204);

    private static IReadOnlyList<int> Partitions(Answer answer) =>
        [.. answer.Must(200).Node["partitions"]!.AsArray().Select(entry => entry!["partition"]!.GetValue<int>()).Order()];
}
