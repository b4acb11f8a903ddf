using System.Collections.Concurrent;

namespace Serverless.Edge.OpenApi;

/// <summary>Which operations have been called, and what they answered.</summary>
internal static class Calls
{
    private static readonly ConcurrentDictionary<(string Operation, int Status), bool> Noted = new();

    public static void Note(ApiOperation operation, int status) => Noted.TryAdd((operation.Id, status), true);

    public static bool Has(ApiOperation operation, Func<int, bool> status) =>
        Noted.Keys.Any(call => call.Operation == operation.Id && status(call.Status));
}
