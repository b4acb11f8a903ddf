using System.Buffers;

namespace Serverless.Functions.Http.Quotas;

/// <summary>Passes on what is written, and counts it.</summary>
/// <param name="meter">What it is charged to; null: to nobody.</param>
internal sealed class CountedWriter(IBufferWriter<byte> output, Meter? meter) : IBufferWriter<byte>
{
    private long _bytes;

    public void Advance(int count)
    {
        _bytes += count;
        output.Advance(count);
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => output.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => output.GetSpan(sizeHint);

    /// <summary>Not before it is over: a debt holds up what comes next, never the reply that is under way.</summary>
    public void Charge() => meter?.Charge(_bytes);
}
