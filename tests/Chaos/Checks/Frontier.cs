using Serverless.Chaos.History;

namespace Serverless.Chaos.Checks;

/// <summary>A bound that was told at some moments, and the highest that was known before another.</summary>
internal sealed class Frontier
{
    private readonly List<(long Told, long End, Operation By)> _steps = [];

    public void Add(long told, long end, Operation by) => _steps.Add((told, end, by));

    /// <summary>Call this when all is added.</summary>
    public void Seal()
    {
        _steps.Sort((one, other) => one.Told.CompareTo(other.Told));
        var highest = 0;
        for (var index = 1; index < _steps.Count; index++)
        {
            highest = _steps[index].End > _steps[highest].End ? index : highest;
            _steps[index] = (_steps[index].Told, _steps[highest].End, _steps[highest].By);
        }
    }

    /// <summary>What was told by an operation that returned before this moment.</summary>
    public (long End, Operation? By) Before(long moment)
    {
        var (low, high) = (0, _steps.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _steps[middle].Told < moment ? (middle + 1, high) : (low, middle);
        }

        return low == 0 ? (-1, null) : (_steps[low - 1].End, _steps[low - 1].By);
    }
}
