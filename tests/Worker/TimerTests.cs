using Serverless.Worker.Host.Rpc;

namespace Serverless.Worker;

/// <summary>Each timer, invoked as its schedule does it.</summary>
[Collection(typeof(SharedWorker))]
public sealed class TimerTests(WorkerFixture worker)
{
    public static TheoryData<string> Names =>
        [.. DeclaredFunction.All.Where(function => function.IsTimer).Select(function => function.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_timer_runs_and_succeeds(string name)
    {
        var function = worker.Host.Functions.Single(function => function.Name == name);

        var response = await worker.Host.InvokeTimerAsync(function, TimeProvider.System.GetUtcNow());

        Assert.True(response.Result.Status == StatusResult.Types.Status.Success, response.Result.Exception?.Message);
    }
}
