namespace Serverless.Core;

/// <summary>Where fresh identifiers come from: chance in production, a seed in simulation.</summary>
public interface IIdSource
{
    /// <summary>A new identifier of 32 lower-case hexadecimal digits, never given out before.</summary>
    string NewId();

    /// <summary>A random 32-bit number that marks one block of one writer.</summary>
    int NewStamp();
}

/// <summary>Identifiers drawn from <see cref="Random"/>; 122 random bits each, as a version 4 UUID has (RFC 9562).</summary>
public sealed class RandomIdSource(Random random) : IIdSource
{
    private readonly Lock _gate = new();

    public string NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        lock (_gate)
        {
            random.NextBytes(bytes);
        }

        return Convert.ToHexStringLower(bytes);
    }

    public int NewStamp()
    {
        lock (_gate)
        {
            return (int)random.NextInt64(int.MinValue, int.MaxValue + 1L);
        }
    }
}
