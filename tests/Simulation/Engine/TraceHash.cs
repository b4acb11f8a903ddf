namespace Serverless.Simulation.Engine;

/// <summary>A running hash (FNV-1a over 64-bit words); equal for equal runs, in any process.</summary>
internal sealed class TraceHash
{
    private const ulong Prime = 0x100000001B3;

    public ulong Value { get; private set; } = 0xCBF29CE484222325;

    public void Add(long word)
    {
        Value = (Value ^ (ulong)word) * Prime;
        Value ^= Value >> 29;
    }

    public void Add(string text)
    {
        foreach (var character in text)
        {
            Value = (Value ^ character) * Prime;
        }
    }
}
