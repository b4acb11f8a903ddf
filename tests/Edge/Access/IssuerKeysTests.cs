using Serverless.Functions.Access;
using Xunit;

namespace Serverless.Edge.Access;

public sealed class IssuerKeysTests
{
    private readonly AccessHost _host = new();

    [Fact]
    public async Task The_issuer_is_asked_once_for_all_who_wait()
    {
        var token = _host.Bearer();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _host.GetAsync("/brokers", token)));

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Equal(1, _host.Issuer.Questions);
    }

    [Fact]
    public async Task A_token_of_a_new_key_is_good_at_once_and_no_flood_of_unknown_ones_becomes_one_of_questions()
    {
        Assert.Equal(200, (await _host.GetAsync("/brokers", _host.Bearer())).Status);
        _host.Issuer.AddKey("k2");
        var anew = StubIssuer.Sign("""{"alg":"RS256","kid":"k2"}""", Claims(), "k2");
        _host.Edge.Clock.Advance(IssuerKeys.Pause);

        Assert.Equal(200, (await _host.GetAsync("/brokers", $"Bearer {anew}")).Status);
        Assert.Equal(2, _host.Issuer.Questions);
        for (var i = 0; i < 100; i++)
        {
            var unknown = StubIssuer.Sign($$"""{"alg":"RS256","kid":"x{{i}}"}""", Claims());
            Assert.Equal(401, (await _host.GetAsync("/brokers", $"Bearer {unknown}")).Status);
        }

        Assert.Equal(2, _host.Issuer.Questions);
    }

    [Fact]
    public async Task While_the_keys_cannot_be_had_it_is_to_be_tried_again_and_nobody_is_told_that_he_is_wrong()
    {
        _host.Issuer.IsDown = true;

        var answer = await _host.GetAsync("/brokers", _host.Bearer());

        Assert.Equal((503, 50350), answer.Error);
        Assert.NotEqual(0, int.Parse(answer.Headers.RetryAfter!, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(401, (await _host.GetAsync("/brokers", "Bearer x.y.z")).Status);
        Assert.Equal(200, (await _host.GetAsync("/brokers", AccessHost.AdminKey)).Status);

        _host.Issuer.IsDown = false;
        _host.Edge.Clock.Advance(IssuerKeys.Pause);

        Assert.Equal(200, (await _host.GetAsync("/brokers", _host.Bearer())).Status);
    }

    [Fact]
    public async Task Known_keys_are_used_on_while_the_issuer_is_away_but_not_for_ever()
    {
        Assert.Equal(200, (await _host.GetAsync("/brokers", _host.Bearer())).Status);
        _host.Issuer.IsDown = true;

        _host.Edge.Clock.Advance(IssuerKeys.RefreshAfter + TimeSpan.FromSeconds(1));
        Assert.Equal(200, (await _host.GetAsync("/brokers", _host.Bearer())).Status);

        _host.Edge.Clock.Advance(IssuerKeys.AgeMax - IssuerKeys.RefreshAfter);
        Assert.Equal(503, (await _host.GetAsync("/brokers", _host.Bearer())).Status);
    }

    [Fact]
    public async Task A_key_that_the_issuer_gave_up_is_no_key_any_more_within_half_a_day()
    {
        var host = new AccessHost();
        host.Issuer.AddKey("k2");
        var token = StubIssuer.Sign("""{"alg":"RS256","kid":"k2"}""", Claims(TimeSpan.FromDays(2)), "k2");
        Assert.Equal(200, (await host.GetAsync("/brokers", $"Bearer {token}")).Status);

        host.Issuer.RemoveKey("k2");
        host.Edge.Clock.Advance(IssuerKeys.RefreshAfter);

        Assert.Equal(401, (await host.GetAsync("/brokers", $"Bearer {token}")).Status);
    }

    [Fact]
    public async Task Metadata_of_another_issuer_are_not_taken()
    {
        _host.Issuer.Name = "https://attacker.test";

        Assert.Equal(503, (await _host.GetAsync("/brokers", _host.Bearer())).Status);
    }

    [Fact]
    public async Task Both_kinds_of_tokens_of_an_Entra_tenant_are_taken_and_none_of_other_tenants()
    {
        const string Tenant = "8a0c5f0e-7d0b-4a3a-9d54-2f6f8f0f3a11";
        const string Authority = $"https://login.microsoftonline.com/{Tenant}/v2.0";
        var host = new AccessHost(issuer: new StubIssuer(Authority) { Settings = new(Authority, Tenant, [StubIssuer.Audience]) });

        Assert.Equal(200, (await host.GetAsync("/brokers", host.Bearer(("tid", Tenant)))).Status);
        Assert.Equal(200, (await host.GetAsync("/brokers", host.Bearer(("tid", Tenant), ("iss", $"https://sts.windows.net/{Tenant}/")))).Status);
        Assert.Equal(401, (await host.GetAsync("/brokers", host.Bearer(("tid", Tenant), ("iss", "https://sts.windows.net/other/")))).Status);
        Assert.Equal(401, (await host.GetAsync("/brokers", host.Bearer(("tid", "other")))).Status);
        Assert.Equal(401, (await host.GetAsync("/brokers", host.Bearer())).Status);
    }

    private string Claims(TimeSpan? life = null) => StubIssuer.Json(new()
    {
        ["iss"] = _host.Issuer.Name,
        ["aud"] = StubIssuer.Audience,
        ["sub"] = "ann",
        ["exp"] = (_host.Now + (life ?? TimeSpan.FromHours(1))).ToUnixTimeSeconds(),
    });
}
