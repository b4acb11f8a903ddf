using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Serverless.Chaos.History;

/// <summary>All operations of a run, as they returned.</summary>
public sealed class Journal(TimeProvider clock)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        Converters = { new JsonStringEnumConverter() },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly long _began = clock.GetTimestamp();
    private readonly Lock _lock = new();
    private readonly List<Operation> _operations = [];

    public long Now => clock.GetElapsedTime(_began).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Enters an operation; its index is given here.</summary>
    public Operation Add(Operation operation)
    {
        lock (_lock)
        {
            var entered = operation with { Index = _operations.Count };
            _operations.Add(entered);
            return entered;
        }
    }

    public IReadOnlyList<Operation> All() => Since(0);

    /// <summary>Those that were entered after so many.</summary>
    public IReadOnlyList<Operation> Since(int count)
    {
        lock (_lock)
        {
            return _operations[count..];
        }
    }

    /// <summary>One line an operation.</summary>
    public static async Task WriteAsync(string file, IEnumerable<Operation> operations, CancellationToken cancellationToken)
    {
        await using var writer = new StreamWriter(file);
        foreach (var operation in operations)
        {
            await writer.WriteLineAsync(JsonSerializer.Serialize(operation, Json).AsMemory(), cancellationToken);
        }
    }
}
