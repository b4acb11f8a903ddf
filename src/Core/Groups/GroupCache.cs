namespace Serverless.Core.Groups;

/// <summary>Rows of groups as this process read or wrote them last. What is decided on them is safe by their ETags alone.</summary>
internal sealed class GroupCache(int groupsMax)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, GroupState> _states = [];
    private readonly Queue<string> _byAge = new();
    private readonly Dictionary<string, CancellationTokenSource> _news = [];

    public GroupState? Find(string group)
    {
        lock (_gate)
        {
            return _states.GetValueOrDefault(group);
        }
    }

    /// <summary>Signalled when this process learns of other members, or another target, than the state has.</summary>
    public CancellationToken NewsSince(GroupState state)
    {
        lock (_gate)
        {
            if (!_states.TryGetValue(state.Name, out var kept) || IsNews(state, kept))
            {
                return new CancellationToken(canceled: kept is not null);
            }

            if (!_news.TryGetValue(state.Name, out var source))
            {
                _news.Add(state.Name, source = new CancellationTokenSource());
            }

            return source.Token;
        }
    }

    /// <summary>Keeps what was read, unless something read later is there already.</summary>
    public void Keep(GroupState state)
    {
        CancellationTokenSource? news = null;
        lock (_gate)
        {
            if (_states.TryGetValue(state.Name, out var kept))
            {
                // Who asked later may have been answered earlier: the epoch tells, as it only grows.
                if (kept.ReadAt > state.ReadAt && EpochOf(kept) >= EpochOf(state))
                {
                    return;
                }

                news = NewsNeedsLock(kept, state);
            }
            else
            {
                _byAge.Enqueue(state.Name);
            }

            _states[state.Name] = state;
            while (_states.Count > groupsMax && _byAge.TryDequeue(out var oldest))
            {
                _states.Remove(oldest);
                _news.Remove(oldest);
            }
        }

        news?.Cancel();
    }

    /// <summary>Enters what was committed, row by row: others of this process may have committed meanwhile.</summary>
    /// <remarks>
    /// Where a read took the place of the rows that it was decided on, and is older than they are, the two do not make a whole. Then
    /// the rows of the decision are what is kept.
    /// </remarks>
    public void Apply(GroupDraft draft, IReadOnlyList<string?> etags)
    {
        CancellationTokenSource? news = null;
        lock (_gate)
        {
            if (_states.TryGetValue(draft.State.Name, out var kept))
            {
                var applied = draft.AppliedTo(kept, etags);
                if (EpochOf(kept) != EpochOf(draft.State) && !applied.IsWhole())
                {
                    applied = draft.AppliedTo(draft.State, etags);
                }

                _states[draft.State.Name] = applied;
                news = NewsNeedsLock(kept, applied);
            }
        }

        // Outside of the lock: whoever waits for it goes on in here.
        news?.Cancel();
    }

    private CancellationTokenSource? NewsNeedsLock(GroupState former, GroupState state) =>
        IsNews(former, state) && _news.Remove(state.Name, out var source) ? source : null;

    // Consumers that are no members come and go without an epoch.
    private static bool IsNews(GroupState former, GroupState state) =>
        EpochOf(former) != EpochOf(state) || former.Consumers.Count != state.Consumers.Count;

    private static int EpochOf(GroupState state) => state.Group?.Row.Epoch ?? 0;
}
