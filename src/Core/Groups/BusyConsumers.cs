namespace Serverless.Core.Groups;

/// <summary>Which consumers wrote their rows between two attempts of one request.</summary>
/// <remarks>
/// A transaction that touches a busy consumer's row mostly loses against it, and a join could lose for ever. Busy ones need
/// no touch: their rows are read anew every few seconds. Those at rest are touched, and never in the way.
/// </remarks>
internal sealed class BusyConsumers
{
    private GroupState? _before;

    public void Note(GroupState state) => _before = state;

    public bool IsBusy(GroupState now, string consumer) =>
        _before is not null
        && (!_before.Consumers.TryGetValue(consumer, out var before) || before.ETag != now.Consumers[consumer].ETag);
}
