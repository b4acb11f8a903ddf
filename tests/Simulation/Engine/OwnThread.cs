namespace Serverless.Simulation.Engine;

/// <summary>Runs something on a fresh thread: the test runner's context, and what others left behind, are not there.</summary>
internal static class OwnThread
{
    private const int StackBytes = 16 * 1024 * 1024;

    public static T Run<T>(string name, Func<T> run)
    {
        T result = default!;
        System.Runtime.ExceptionServices.ExceptionDispatchInfo? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    result = run();
                }
                catch (Exception exception)
                {
                    failure = System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(exception);
                }
            },
            StackBytes) { Name = name };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }
}
