namespace Serverless.Http;

public sealed class ServiceFixtureTests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    [Fact]
    public async Task What_is_produced_is_consumed()
    {
        var topic = await service.CreateTopicAsync(2);
        await service.ProduceAsync(topic, """{"key":"a","value":1}""", """{"value":2.50}""");

        var records = await service.PollAsync(await service.SubscribeAsync(topic));

        Assert.Equal(2, records.Count);
    }
}
