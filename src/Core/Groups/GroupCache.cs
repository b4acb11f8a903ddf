namespace Serverless.Core.Groups;

/// <summary>Rows of groups as this process read or wrote them last. What is decided on them is safe by their ETags alone.</summary>
internal sealed class GroupCache(int groupsMax)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, GroupState> _states = [];
    private readonly Queue<string> _byAge = new();

    public GroupState? Find(string group)
    {
        lock (_gate)
        {
            return _states.GetValueOrDefault(group);
        }
    }

    /// <summary>Keeps what was read, unless something read later is there already.</summary>
    public void Keep(GroupState state)
    {
        lock (_gate)
        {
            if (_states.TryGetValue(state.Name, out var kept))
            {
                // Who asked later may have been answered earlier: the epoch tells, as it only grows.
                if (kept.ReadAt > state.ReadAt && EpochOf(kept) >= EpochOf(state))
                {
                    return;
                }
            }
            else
            {
                _byAge.Enqueue(state.Name);
            }

            _states[state.Name] = state;
            while (_states.Count > groupsMax && _byAge.TryDequeue(out var oldest))
            {
                _states.Remove(oldest);
            }
        }
    }

    /// <summary>Enters what was committed, row by row: others of this process may have committed meanwhile.</summary>
    public void Apply(GroupDraft draft, IReadOnlyList<string?> etags)
    {
        lock (_gate)
        {
            if (_states.TryGetValue(draft.State.Name, out var kept))
            {
                _states[draft.State.Name] = draft.AppliedTo(kept, etags);
            }
        }
    }

    private static int EpochOf(GroupState state) => state.Group?.Row.Epoch ?? 0;
}
