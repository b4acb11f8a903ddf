using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Core.Groups;
using Serverless.Core.Storage;
using Serverless.Edge.Fakes;
using Serverless.Functions;
using Serverless.Functions.Delivery;
using Xunit;

namespace Serverless.Edge.Delivery;

public sealed class DeliveryLogTests
{
    private const string Url = "/v3/clusters/serverless/consumer-groups/group/delivery";

    [Theory]
    [InlineData("https://hook.example.com/", "whsec_canary5417")]
    [InlineData("http://hook.example.com/canary5417", "whsec_Y2FuYXJ5NTQxNy1jYW5hcnk1NDE3LWNhbmFyeTU0MTc=")]
    [InlineData("https://u:canary5417@hook.example.com/", "whsec_Y2FuYXJ5NTQxNy1jYW5hcnk1NDE3LWNhbmFyeTU0MTc=")]
    [InlineData("https://127.0.0.1/canary5417", "whsec_Y2FuYXJ5NTQxNy1jYW5hcnk1NDE3LWNhbmFyeTU0MTc=")]
    [InlineData("https://unknown.invalid/canary5417", "whsec_Y2FuYXJ5NTQxNy1jYW5hcnk1NDE3LWNhbmFyeTU0MTc=")]
    public async Task Neither_the_answer_nor_the_log_tells_the_secret_of_a_refused_webhook(string url, string secret)
    {
        var configuration = new ConfigurationBuilder().Build();
        var host = new EdgeHost(configure: services =>
        {
            services.AddSingleton<IConfiguration>(configuration);
            services.AddSingleton(new StorageSettings("AccountName=logs;AccountKey=a2V5", null, null));
            services.AddSingleton<IGroupShares, NoShares>();
            services.AddSingleton<Functions.Delivery.Webhooks.ResolveHost>((_, _) => throw new System.Net.Sockets.SocketException(11001));
            services.AddDeliveries(configuration);
        });
        var body = $$$"""{"topics":["orders"],"target":{"type":"webhook","url":"{{{url}}}","secret":"{{{secret}}}"}}""";

        var answer = await host.SendAsync("PUT", Url, Encoding.UTF8.GetBytes(body), ("Content-Type", "application/json"));

        Assert.Equal(422, answer.Status);
        foreach (var text in host.Log.Lines.Select(line => line.Text + line.Exception).Append(answer.Body))
        {
            Assert.DoesNotContain("canary", text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        }
    }

    private sealed class NoShares : IGroupShares
    {
        public ValueTask<GroupAnswer<GroupShare>> ShareAsync(string group, string instance, bool fresh, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<GroupAnswer<IReadOnlyList<StepOutcome>>> StepAsync(
            string group, string instance, IReadOnlyList<ShareStep> steps, IReadOnlyList<RowAction> effects,
            CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
