namespace Serverless.Core.Groups.Assignors;

/// <summary>Balanced and sticky: loads as even as subscriptions allow, and as few partitions moved as that takes.</summary>
/// <remarks>
/// Three steps: members keep what they have; partitions without an owner go to the subscriber with the least; then,
/// while some member could hand one on, directly or through others, to a member that has at least two fewer, the
/// shortest such path is taken. When no path is left the loads are the most even that any assignment has (Harvey,
/// Ladner, Lovász, Tamir: "Semi-matchings for bipartite graphs and load balancing", 2006). With equal
/// subscriptions every path is one step, each step is one that any balanced assignment must take, and the loads
/// differ by at most one.
/// </remarks>
public static class UniformAssignor
{
    public static SortedDictionary<TopicPartition, string> Assign(AssignmentRequest request)
    {
        var shares = new Shares(request);
        shares.Keep();
        shares.Fill();
        while (shares.TryHandOn())
        {
            // Each hand-on lowers the sum of squared loads, so this ends.
        }

        return shares.ToAssignment();
    }

    private sealed class Shares
    {
        private readonly AssignmentRequest _request;
        private readonly Dictionary<string, int> _indexes = [];
        private readonly int[] _loads;

        // What each member has of each topic. "Fresh" partitions had no owner before: to pass them on moves nothing.
        private readonly SortedDictionary<string, Holding>[] _holdings;

        public Shares(AssignmentRequest request)
        {
            _request = request;
            _loads = new int[request.Members.Count];
            _holdings = new SortedDictionary<string, Holding>[request.Members.Count];
            for (var index = 0; index < request.Members.Count; index++)
            {
                _indexes.Add(request.Members[index].Id, index);
                _holdings[index] = new(StringComparer.Ordinal);
            }
        }

        public void Keep()
        {
            foreach (var at in _request.Partitions())
            {
                if (KeeperOf(at) is { } member)
                {
                    HoldingOf(member, at.Topic).Kept.Push(at.Partition);
                    _loads[member]++;
                }
            }
        }

        public void Fill()
        {
            foreach (var (topic, count) in _request.Topics)
            {
                var subscribers = new PriorityQueue<int, (int Load, int Index)>();
                for (var member = 0; member < _loads.Length; member++)
                {
                    if (Subscribes(member, topic))
                    {
                        subscribers.Enqueue(member, (_loads[member], member));
                    }
                }

                for (var partition = 0; partition < count && subscribers.Count > 0; partition++)
                {
                    if (KeeperOf(new TopicPartition(topic, partition)) is null)
                    {
                        var member = subscribers.Dequeue();
                        HoldingOf(member, topic).Fresh.Push(partition);
                        _loads[member]++;
                        subscribers.Enqueue(member, (_loads[member], member));
                    }
                }
            }
        }

        public bool TryHandOn()
        {
            var byLoad = Enumerable.Range(0, _loads.Length).OrderByDescending(member => _loads[member]).ToList();
            if (byLoad.Count == 0)
            {
                return false;
            }

            var least = _loads[byLoad[^1]];
            return byLoad.TakeWhile(member => _loads[member] >= least + 2).Any(TryHandOnFrom);
        }

        public SortedDictionary<TopicPartition, string> ToAssignment()
        {
            var assignment = new SortedDictionary<TopicPartition, string>();
            for (var member = 0; member < _loads.Length; member++)
            {
                foreach (var (topic, holding) in _holdings[member])
                {
                    foreach (var partition in holding.Kept.Concat(holding.Fresh))
                    {
                        assignment.Add(new TopicPartition(topic, partition), _request.Members[member].Id);
                    }
                }
            }

            return assignment;
        }

        // Breadth first over members; an edge is a topic of which one has a partition and to which the other subscribes.
        private bool TryHandOnFrom(int source)
        {
            var steps = new (int From, string Topic)?[_loads.Length];
            var reached = new Queue<int>([source]);
            var seen = new HashSet<int> { source };
            while (reached.TryDequeue(out var member))
            {
                var best = -1;
                foreach (var (topic, holding) in _holdings[member])
                {
                    for (var other = 0; holding.Count > 0 && other < _loads.Length; other++)
                    {
                        if (Subscribes(other, topic) && seen.Add(other))
                        {
                            steps[other] = (member, topic);
                            reached.Enqueue(other);
                            best = _loads[other] <= _loads[source] - 2 && (best < 0 || _loads[other] < _loads[best])
                                ? other
                                : best;
                        }
                    }
                }

                if (best >= 0)
                {
                    HandOn(steps, best);
                    _loads[source]--;
                    _loads[best]++;
                    return true;
                }
            }

            return false;
        }

        private void HandOn((int From, string Topic)?[] steps, int target)
        {
            for (var member = target; steps[member] is var (from, topic); member = from)
            {
                var holding = HoldingOf(from, topic);
                var partition = holding.Fresh.Count > 0 ? holding.Fresh.Pop() : holding.Kept.Pop();

                // Whoever had it before gets it back as kept; otherwise it stays free to pass on.
                var home = KeeperOf(new TopicPartition(topic, partition)) == member;
                (home ? HoldingOf(member, topic).Kept : HoldingOf(member, topic).Fresh).Push(partition);
            }
        }

        private int? KeeperOf(TopicPartition at) =>
            _request.Current.TryGetValue(at, out var id) && _indexes.TryGetValue(id, out var member)
            && Subscribes(member, at.Topic)
                ? member
                : null;

        private bool Subscribes(int member, string topic) => _request.Members[member].Topics.Contains(topic);

        private Holding HoldingOf(int member, string topic)
        {
            if (!_holdings[member].TryGetValue(topic, out var holding))
            {
                holding = new Holding([], []);
                _holdings[member].Add(topic, holding);
            }

            return holding;
        }
    }

    private sealed record Holding(Stack<int> Kept, Stack<int> Fresh)
    {
        public int Count => Kept.Count + Fresh.Count;
    }
}
