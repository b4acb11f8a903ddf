namespace Serverless.Core.Log;

/// <summary>A place in a partition's log where a batch begins.</summary>
internal readonly record struct LogPlace(long Offset, long SegmentBase, long Position);

/// <summary>Places that were passed while reading or writing, so that the next read goes straight there. Callers hold the log's lock.</summary>
internal sealed class PositionIndex(int placesMax)
{
    private readonly SortedList<long, LogPlace> _places = [];

    public void Add(LogPlace place)
    {
        if (_places.Count >= placesMax && !_places.ContainsKey(place.Offset))
        {
            // The oldest offset is the least likely to be asked for again.
            _places.RemoveAt(0);
        }

        _places[place.Offset] = place;
    }

    /// <summary>The nearest place at or below an offset.</summary>
    public LogPlace? AtOrBelow(long offset)
    {
        int low = 0, high = _places.Count - 1, found = -1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (_places.GetKeyAtIndex(middle) <= offset)
            {
                found = middle;
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return found < 0 ? null : _places.GetValueAtIndex(found);
    }

    public void Clear() => _places.Clear();
}
