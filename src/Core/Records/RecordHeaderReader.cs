namespace Serverless.Core.Records;

/// <summary>Walks the headers of one record, in their order; keys may repeat.</summary>
public ref struct RecordHeaderReader
{
    private readonly ReadOnlySpan<byte> _source;
    private int _left;
    private int _position;

    internal RecordHeaderReader(ReadOnlySpan<byte> source, int count)
    {
        _source = source;
        _left = count;
    }

    /// <summary>
    /// The next header; false behind the last. The key is UTF-8 as it was stored, which nobody has checked.
    /// </summary>
    public bool TryRead(out ReadOnlySpan<byte> keyUtf8, out bool valueIsNull, out ReadOnlySpan<byte> value)
    {
        if (_left == 0)
        {
            keyUtf8 = value = default;
            valueIsNull = false;
            return false;
        }

        // The record's reader has walked these very bytes before it gave the record away.
        var read = RecordCodec.TryReadHeader(_source, ref _position, out keyUtf8, out valueIsNull, out value);
        Invariant.Holds(read);
        _left--;
        return true;
    }
}
