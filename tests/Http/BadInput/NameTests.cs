using System.Text.Json;

namespace Serverless.Http.BadInput;

/// <summary>Names of topics, groups and instances that cannot be, and such that only look dangerous.</summary>
public sealed class NameTests(BadInputFixture service) : BadInputTests(service)
{
    /// <summary>As a segment of a path, and what it means once decoded.</summary>
    public static TheoryData<string, string> Impossible => new()
    {
        { "%20", " " },
        { "..%2Fx", "../x" },
        { "a%2Fb", "a/b" },
        { "a%252Fb", "a%2Fb" },
        { "a%5Cb", "a\\b" },
        { "a%0d%0aX:1", "a\r\nX:1" },
        { "a%7Fb", "a\u007Fb" },
        { "%E2%80%AEabc", "\u202Eabc" },
        { "%E2%80%A8", "\u2028" },
        { "%C0%AF", "%C0%AF" },
        { "%ED%A0%80", "%ED%A0%80" },
        { new string('a', 256), new string('a', 256) },
    };

    public static TheoryData<string> NoTopics =>
        ["__offsets", "a%23b", "a%3Fb", "%C3%A9", "e%CC%81", "%F0%9F%98%80", "$logs", "$web", "a'b", "x'%20or%20PartitionKey%20ne%20'", "a:b", "%zz", new string('a', 250)];

    [Theory]
    [MemberData(nameof(Impossible))]
    public async Task A_name_that_nothing_can_have_is_refused_wherever_it_stands(string segment, string name)
    {
        var quoted = JsonSerializer.Serialize(name);

        await Service.RefusesAsync(404, 40401, "GET", $"/topics/{segment}");
        await Service.RefusesAsync(404, 40401, "POST", $"/topics/{segment}", OneRecord, ServiceFixture.Json);
        await Service.RefusesAsync(404, 40401, "GET", $"{TopicsV3}/{segment}");
        await Service.RefusesAsync(404, 40401, "DELETE", $"{TopicsV3}/{segment}");
        await Service.RefusesAsync(422, 422, "POST", TopicsV3, $$"""{"topic_name":{{quoted}}}""", ServiceFixture.Plain);
        await Service.RefusesAsync(422, 42204, "POST", $"/consumers/{segment}", "{}");
        await Service.RefusesAsync(422, 42204, "POST", "/consumers/shop", $$"""{"name":{{quoted}}}""");
        await Service.RefusesAsync(422, 42204, "GET", $"/consumers/shop/instances/{segment}/records");
        await Service.RefusesAsync(422, 42204, "GET", $"{TopicsV3[..^6]}consumer-groups/{segment}");
        await Service.RefusesAsync(422, 422, "POST", $"{BadInputFixture.Subscribed}/subscription", $$"""{"topics":[{{quoted}}]}""");
        await Service.RefusesAsync(422, 42204, "PUT", $"/effects/{segment}/key", "{}");
        await Service.RefusesAsync(422, 42204, "PUT", $"/effects/scope/{segment}", "{}");
        await Service.RefusesAsync(422, 422, "PUT", "/effects/scope/key", $$"""{"holder":{{quoted}}}""");
    }

    [Theory]
    [MemberData(nameof(NoTopics))]
    public async Task A_name_that_only_a_group_can_have_is_no_topic(string segment)
    {
        var quoted = JsonSerializer.Serialize(Uri.UnescapeDataString(segment));

        await Service.RefusesAsync(404, 40401, "GET", $"/topics/{segment}/partitions");
        await Service.RefusesAsync(404, 40401, "POST", $"/topics/{segment}/partitions/0", OneRecord, ServiceFixture.Json);
        await Service.RefusesAsync(422, 422, "POST", TopicsV3, $$"""{"topic_name":{{quoted}}}""", ServiceFixture.Plain);
        await Service.RefusesAsync(404, 40403, "GET", $"/consumers/{segment}/instances/i/records");
        await Service.RefusesAsync(404, 404, "GET", $"{TopicsV3[..^6]}consumer-groups/{segment}");
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    public async Task A_name_that_no_path_can_hold_is_refused_in_bodies(string name)
    {
        await Service.RefusesAsync(422, 422, "POST", TopicsV3, $$"""{"topic_name":"{{name}}"}""", ServiceFixture.Plain);
        await Service.RefusesAsync(422, 42204, "POST", "/consumers/shop", $$"""{"name":"{{name}}"}""");
        await Service.RefusesAsync(422, 42204, "POST", "/consumers/shop", $$"""{"id":"{{name}}"}""");
        await Service.RefusesAsync(422, 42204, "POST", "/consumers/shop", $$"""{"group.instance.id":"{{name}}"}""");
    }

    [Theory]
    [InlineData("GET", "/topics/a/b", 404)]
    [InlineData("POST", "/consumers/", 404)]
    [InlineData("GET", "/topics//partitions", 404)]
    [InlineData("GET", "/consumers/shop/instances//records", 404)]
    [InlineData("POST", "/topics/", 405)]
    public async Task A_missing_or_a_surplus_segment_is_another_route(string method, string path, int status)
    {
        await Service.RefusesAsync(status, status, method, path, method == "POST" ? "{}" : null);
    }

    [Fact]
    public async Task A_NUL_in_a_path_is_refused()
    {
        // The server's own refusal, before any function: it has no body.
        var answer = await Service.GetAsync("/topics/a%00b");

        Assert.Equal(400, answer.Status);
    }

    [Fact]
    public async Task Topics_whose_names_differ_at_all_are_different_topics()
    {
        string[] names = ["a.b", "a_b", "a-b", "A.B", "CON", "offsets", "partitions", "records", "0", "a..b", "-", "_", new string('n', 249)];

        foreach (var name in names)
        {
            await Service.CreateTopicAsync(1, name);
            await Service.ProduceAsync(name, $$"""{"value":"{{name}}"}""");
        }

        foreach (var name in names)
        {
            var records = (await Service.GetAsync($"/topics/{name}/partitions/0/records?offset=0", ServiceFixture.Json)).Must(200);
            Assert.Equal(name, records.Node.AsArray().Single()!["value"]!.GetValue<string>());
            await Service.DeleteAsync($"{TopicsV3}/{name}");
        }

        await Service.ServesAsync();
    }

    [Fact]
    public async Task Groups_whose_names_differ_at_all_are_different_groups()
    {
        string[] names =
        [
            "é", "e\u0301", "A", "a", "a.b", "a_b", "a|b", "a'b", "x' or PartitionKey ne '", "a#b", "a?b", "😀", "$logs", "instances",
            "offsets", "a b", "a+b", "a%b", "ÿ", "o|orders|00000", new string('g', 255), new string('語', 255),
        ];

        foreach (var name in names)
        {
            var group = Uri.EscapeDataString(name);
            var instance = (await Service.PostAsync($"/consumers/{group}", $$"""{"name":{{JsonSerializer.Serialize(name)}}}""")).Must(200);
            Assert.Equal(name, instance.Node["instance_id"]!.GetValue<string>());
            (await Service.PostAsync($"/consumers/{group}/instances/{group}/subscription", """{"topics":["orders"]}""")).Must(204);
        }

        foreach (var name in names)
        {
            var group = Uri.EscapeDataString(name);
            var members = (await Service.GetAsync($"/v3/clusters/serverless/consumer-groups/{group}/consumers")).Must(200);
            Assert.Equal(name, members.Node["data"]!.AsArray().Single()!["consumer_id"]!.GetValue<string>());
            (await Service.DeleteAsync($"/consumers/{group}/instances/{group}")).Must(204);
        }

        foreach (var name in names)
        {
            await Service.DeleteAsync($"/v3/clusters/serverless/consumer-groups/{Uri.EscapeDataString(name)}");
        }

        await Service.ServesAsync();
    }
}
