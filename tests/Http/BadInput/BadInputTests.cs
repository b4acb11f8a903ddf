namespace Serverless.Http.BadInput;

/// <summary>After each test of bad requests the log is looked at: it must be as it was.</summary>
public abstract class BadInputTests(BadInputFixture service) : IClassFixture<BadInputFixture>, IAsyncDisposable
{
    protected const string TopicsV3 = "/v3/clusters/serverless/topics";
    protected const string OneRecord = """{"records":[{"value":1}]}""";

    protected BadInputFixture Service => service;

    public async ValueTask DisposeAsync()
    {
        await service.IsUnchangedAsync();
        GC.SuppressFinalize(this);
    }
}
