using System.Runtime.InteropServices;

namespace Serverless.Simulation.Engine;

/// <summary>A running hash (FNV-1a over 64-bit words); equal for equal runs, in any process on a machine of this byte order.</summary>
internal sealed class TraceHash
{
    private const ulong Prime = 0x100000001B3;

    public ulong Value { get; private set; } = 0xCBF29CE484222325;

    public void Add(long word)
    {
        Value = (Value ^ (ulong)word) * Prime;
        Value ^= Value >> 29;
    }

    public void Add(string text) => Add(MemoryMarshal.AsBytes(text.AsSpan()));

    /// <summary>The length comes first, so that what follows is never taken for a part.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        Add(bytes.Length);
        var words = MemoryMarshal.Cast<byte, long>(bytes);
        foreach (var word in words)
        {
            Add(word);
        }

        foreach (var rest in bytes[(words.Length * sizeof(long))..])
        {
            Add(rest);
        }
    }
}
