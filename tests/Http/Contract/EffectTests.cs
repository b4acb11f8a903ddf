namespace Serverless.Http.Contract;

/// <summary>The ledger of effects, on two hosts over one log.</summary>
public sealed class EffectTests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    [Fact]
    public async Task An_effect_that_one_host_gave_out_is_recorded_and_told_by_another()
    {
        await using var other = await service.StartHostAsync();
        using var elsewhere = new HttpClient { BaseAddress = other.Address };
        var path = $"/effects/mails/{service.NewName("order")}";
        const string Result = """{"message_id":"m-1","cost":0.10,"number":9007199254740993}""";

        var claim = (await PutAsync(service.Client, path, """{"lease.ms":30000,"holder":"w1"}""")).Must(201).Node;
        var held = (await PutAsync(elsewhere, path, "{}")).Must(409);
        var token = claim["fencing_token"]!.GetValue<long>();
        var renewed = (await PutAsync(elsewhere, path, """{"lease.ms":30000,"holder":"w1"}""")).Must(201).Node;
        var record = $$"""{"fencing_token":{{token}},"result":{{Result}}}""";
        var fenced = (await PutAsync(elsewhere, path, record.Replace($"{token}", $"{token - 1}", StringComparison.Ordinal))).Must(409);
        var recorded = (await PutAsync(elsewhere, path, record)).Must(200);

        Assert.Equal((40955, 40956), (held.ErrorCode, fenced.ErrorCode));
        Assert.InRange(int.Parse(held.Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture), 28, 33);
        Assert.Equal(token, renewed["fencing_token"]!.GetValue<long>());
        Assert.Contains($"\"result\":{Result},", recorded.Text, StringComparison.Ordinal);
        foreach (var again in (Answer[])
            [await PutAsync(service.Client, path, record), await PutAsync(service.Client, path, "{}"), await service.GetAsync(path)])
        {
            Assert.Equal(recorded.Text, again.Must(200).Text);
        }
    }

    [Fact]
    public async Task A_claim_that_was_given_up_is_another_hosts_at_once_with_a_higher_token()
    {
        await using var other = await service.StartHostAsync();
        using var elsewhere = new HttpClient { BaseAddress = other.Address };
        var path = $"/effects/mails/{service.NewName("order")}";
        var token = Token((await PutAsync(service.Client, path, "{}")).Must(201));

        (await service.DeleteAsync($"{path}?fencing_token={token}")).Must(204);
        (await service.GetAsync(path)).Must(404);
        var next = Token((await PutAsync(elsewhere, path, "{}")).Must(201));

        Assert.Equal(token + 1, next);
        Assert.Equal(40956, (await service.DeleteAsync($"{path}?fencing_token={token}")).Must(409).ErrorCode);
    }

    [Fact]
    public async Task A_lease_that_is_over_is_taken_over_by_the_services_clock()
    {
        var path = $"/effects/mails/{service.NewName("order")}";
        var former = Token((await PutAsync(service.Client, path, """{"lease.ms":1000}""")).Must(201));

        var claim = await PutAsync(service.Client, path, "{}");
        for (var tries = 0; claim.Status == 409 && tries < 50; tries++)
        {
            await Task.Delay(200);
            claim = await PutAsync(service.Client, path, "{}");
        }

        Assert.Equal(former + 1, Token(claim.Must(201)));
        Assert.Equal(40956, (await PutAsync(service.Client, path, $$"""{"fencing_token":{{former}},"result":1}""")).Must(409).ErrorCode);
    }

    [Fact]
    public async Task Of_many_that_ask_at_once_one_gets_the_claim()
    {
        await using var other = await service.StartHostAsync();
        using var elsewhere = new HttpClient { BaseAddress = other.Address };
        var path = $"/effects/mails/{service.NewName("order")}";

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => PutAsync(i % 2 == 0 ? service.Client : elsewhere, path, "{}")));

        Assert.Single(answers, answer => answer.Status == 201);
        Assert.Equal(15, answers.Count(answer => answer is { Status: 409, ErrorCode: 40955 }));
    }

    private static async Task<Answer> PutAsync(HttpClient client, string path, string body)
    {
        using var content = new StringContent(body, null, ServiceFixture.V2);
        using var response = await client.PutAsync(path, content);
        return await Answer.ReadAsync(response);
    }

    private static long Token(Answer answer) => answer.Node["fencing_token"]!.GetValue<long>();
}
