namespace Serverless.Simulation.Engine;

/// <summary>A guarantee did not hold. <c>Name</c> is what docs/simulation.md calls it.</summary>
public sealed class GuaranteeException(string name, string message) : Exception($"{name}: {message}")
{
    public string Name { get; } = name;
}

internal static class Guarantee
{
    public static void Holds(
        bool condition, string name, [System.Runtime.CompilerServices.InterpolatedStringHandlerArgument(nameof(condition))] BrokenMessage message)
    {
        if (!condition)
        {
            throw new GuaranteeException(name, message.ToString());
        }
    }

    public static void Holds(bool condition, string name, string message)
    {
        if (!condition)
        {
            throw new GuaranteeException(name, message);
        }
    }
}

/// <summary>A message that is only put together when it is needed: checks run millions of times and hold.</summary>
[System.Runtime.CompilerServices.InterpolatedStringHandler]
internal ref struct BrokenMessage
{
    private readonly System.Text.StringBuilder? _text;

    public BrokenMessage(int literalLength, int formattedCount, bool condition, out bool isBroken)
    {
        isBroken = !condition;
        _text = condition ? null : new System.Text.StringBuilder(literalLength + (formattedCount * 16));
    }

    public readonly void AppendLiteral(string value) => _text!.Append(value);

    public readonly void AppendFormatted<T>(T value) => _text!.Append(value);

    public override readonly string ToString() => _text?.ToString() ?? "";
}
