namespace Serverless.Core.Storage.Memory;

/// <summary>Values by key in ordinal order, with the place where a range begins. Not thread-safe.</summary>
/// <remarks>Keys mostly rise in our use (segments, offsets), so that an insertion seldom moves anything.</remarks>
internal sealed class OrdinalMap<TValue>
{
    private readonly List<string> _keys = [];
    private readonly List<TValue> _values = [];

    public int Count => _keys.Count;

    public string KeyAt(int index) => _keys[index];

    public TValue ValueAt(int index) => _values[index];

    /// <summary>Index of the first key that is not below <paramref name="bound"/>; <see cref="Count"/> where none is.</summary>
    public int LowerBound(string bound)
    {
        var found = _keys.BinarySearch(bound, StringComparer.Ordinal);
        return found >= 0 ? found : ~found;
    }

    public bool TryGet(string key, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out TValue value)
    {
        var index = _keys.BinarySearch(key, StringComparer.Ordinal);
        value = index >= 0 ? _values[index] : default;
        return index >= 0;
    }

    public void Set(string key, TValue value)
    {
        var index = _keys.BinarySearch(key, StringComparer.Ordinal);
        if (index >= 0)
        {
            _values[index] = value;
            return;
        }

        _keys.Insert(~index, key);
        _values.Insert(~index, value);
    }

    public void Remove(string key)
    {
        var index = _keys.BinarySearch(key, StringComparer.Ordinal);
        if (index >= 0)
        {
            _keys.RemoveAt(index);
            _values.RemoveAt(index);
        }
    }
}
