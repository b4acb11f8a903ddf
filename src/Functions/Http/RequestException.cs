using System.Text.Json;

namespace Serverless.Functions.Http;

/// <summary>A request that is refused; thrown by whoever finds out and answered by <see cref="HttpEdge"/> alone.</summary>
internal sealed class RequestException(Problem problem, Action<Utf8JsonWriter>? details = null) : Exception(problem.Message)
{
    public Problem Problem { get; } = problem;

    /// <summary>Writes further fields of the error body.</summary>
    public Action<Utf8JsonWriter>? Details { get; } = details;

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];
}
