using Serverless.Core.Groups;
using Serverless.Core.Storage;
using Serverless.Core.Topics;
using Xunit;
using static Serverless.Core.Tests.Groups.GroupWorld;

namespace Serverless.Core.Tests.Groups;

/// <summary>
/// Members come, go, fall silent, poll and commit through three processes that lose requests and replies, and each storage
/// call may let another process's whole request in before it. A failure names its seed.
/// </summary>
public sealed class ChurnTests
{
    private const int Seeds = 2_000;
    private const int Steps = 40;

    [Fact]
    public async Task Every_invariant_holds_in_every_sequence()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            try
            {
                await new Churn(seed).RunAsync();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed}: {e.Message}", e);
            }
        }
    }

    private sealed class Churn
    {
        private static readonly string[] Names = ["a", "b", "c", "d", "e", "f"];

        private readonly Random _random;
        private readonly GroupWorld _world;
        private readonly AuditingRowStore _audit;
        private readonly List<(ConsumerGroups Groups, FaultyRowStore Store)> _processes = [];
        private readonly List<Moved> _answered = [];
        private readonly bool _losesReplies;
        private Topic _topic;
        private bool _isNested;
        private bool _isHealed;
        private int _failures;

        public Churn(int seed)
        {
            _random = new Random(seed);
            _world = new GroupWorld(seed);
            _world.Audit = _audit = new AuditingRowStore(_world.Memory, Group);
            _losesReplies = _random.Next(4) > 0;
            _topic = _world.Topic("t", _random.Next(1, 7), records: 3);
            for (var process = 0; process < 3; process++)
            {
                var started = _world.StartFaulty();
                started.Store.Chance = Chance;
                started.Store.PageRowsMax = _random.Next(2) == 0 ? 1000 : _random.Next(1, 6);
                started.Store.Between = () => Interpose(started.Groups);
                _processes.Add(started);
            }
        }

        public async Task RunAsync()
        {
            foreach (var name in new[] { "other", "another" })
            {
                await JoinAsync(_world.Start(), name, Settings());
            }

            for (var step = 0; step < Steps; step++)
            {
                await RequestAsync(_processes[_random.Next(3)].Groups);
            }

            _isHealed = true;
            foreach (var (_, store) in _processes)
            {
                await store.DrainAsync();
            }

            await ConvergeAsync();
            Check();
        }

        // G8: within a session and two sweeps all is assigned, read and committed.
        private async Task ConvergeAsync()
        {
            var groups = _processes[0].Groups;
            await groups.CreateInstanceAsync(Group, "last", Settings(), replace: true, default);
            await groups.SubscribeAsync(Group, "last", new(["t"], null), default);
            for (var round = 0; round < 4; round++)
            {
                _world.Clock.Advance(TimeSpan.FromSeconds(31));
                await groups.SweepAsync(default);
                await groups.HeartbeatAsync(Group, "last", default);
            }

            for (var poll = 0; poll < 3; poll++)
            {
                await PollAsync(groups, "last", 1000);
            }

            Assert.Single(_audit.Members);
            Assert.Equal(_topic.Partitions, (await _world.HasAsync("last")).Count);
        }

        private void Check()
        {
            // What took effect in storage and what was answered are the same, each once. A request that gave up may have
            // taken effect, as it said.
            var unanswered = _audit.Moves.GroupBy(move => move).ToDictionary(same => same.Key, same => same.Count());
            foreach (var answer in _answered)
            {
                Assert.True(unanswered.TryGetValue(answer, out var left) && left > 0, $"Answered, but never moved: {answer}");
                unanswered[answer] = left - 1;
            }

            Assert.True(unanswered.Values.Sum() <= _failures, "Moved, but never answered.");

            for (var partition = 0; partition < _topic.Partitions; partition++)
            {
                var at = new TopicPartition("t", partition);
                var end = _world.Logs.End(_topic, partition);
                var read = _audit.Moves.Where(move => move.At == at).ToList();
                for (var offset = 0L; offset < end; offset++)
                {
                    Assert.True(read.Any(move => move.From <= offset && offset < move.To), $"Never delivered: {at} {offset}");
                }

                Assert.Equal(end == 0 ? -1 : end, _audit.Partitions.Where(row => row.At == at).Select(row => row.Committed).Single());
            }
        }

        private async Task RequestAsync(ConsumerGroups groups)
        {
            var name = Names[_random.Next(Names.Length)];
            await TryAsync(async () =>
            {
                switch (_random.Next(20))
                {
                    case < 3:
                        var created = await groups.CreateInstanceAsync(Group, name, Settings(), _random.Next(2) == 0, default);
                        if (created.Error == ErrorCode.None)
                        {
                            await groups.SubscribeAsync(Group, name, new(["t"], null), default);
                        }

                        break;
                    case 3:
                        await groups.DeleteInstanceAsync(Group, name, default);
                        break;
                    case 4:
                        await groups.HeartbeatAsync(Group, name, default);
                        break;
                    case 5:
                        await groups.CommitAsync(Group, name, null, default);
                        break;
                    case 6:
                        _world.Clock.Advance(TimeSpan.FromSeconds(_random.Next(1, 20)));
                        break;
                    case 7:
                        await groups.SweepAsync(default);
                        break;
                    case 8:
                        _world.Fill(_topic, _random.Next(_topic.Partitions), _random.Next(1, 4));
                        break;
                    case 9 when _topic.Partitions < 9:
                        _world.Topics.Grow("t", _topic.Partitions + 1);
                        _topic = _world.Topics.Now("t");
                        break;
                    default:
                        await PollAsync(groups, name, _random.Next(1, 5));
                        break;
                }
            });
        }

        private async Task TryAsync(Func<Task> request)
        {
            try
            {
                await request();
            }
            catch (StorageException e) when (e.Retriable)
            {
                // One poll moves several partitions. Where replies are not lost, its instance was replaced, and nothing moved.
                _failures += _losesReplies ? 9 : 0;
            }
        }

        private async Task PollAsync(ConsumerGroups groups, string name, int recordsMax)
        {
            var answer = await _world.PollAsync(name, recordsMax, groups);
            Assert.True(answer.Error is ErrorCode.None or ErrorCode.UnknownMemberId or ErrorCode.InvalidRequest, answer.Message);
            _answered.AddRange(answer.Slices.Select(slice => new Moved(slice.At, slice.FromOffset, slice.ToOffset)));
            foreach (var slice in answer.Slices)
            {
                // G4: exactly the next ones.
                Assert.Equal(
                    Enumerable.Range(0, (int)(slice.ToOffset - slice.FromOffset)).Select(index => slice.FromOffset + index),
                    RecordsOf(slice).Select(record => record.Offset));
            }
        }

        private ConsumerSettings Settings() => Earliest with
        {
            AutoCommit = _isHealed || _random.Next(2) == 0,
            SessionTimeout = TimeSpan.FromSeconds(_isHealed ? 120 : _random.Next(6, 30)),
            InstanceTimeout = TimeSpan.FromSeconds(_isHealed ? 120 : 60),
            GroupInstanceId = !_isHealed && _random.Next(4) == 0 ? $"static-{_random.Next(2)}" : null,
        };

        private Fault Chance() => _isHealed || !_losesReplies ? Fault.None : _random.Next(40) switch
        {
            0 => Fault.LostRequest,
            1 => Fault.LostReply,
            2 => Fault.LateEffect,
            _ => Fault.None,
        };

        // Another process: the requests of one go through one at a time, as far as they are of one instance.
        private void Interpose(ConsumerGroups current)
        {
            if (_isNested || _isHealed || _random.Next(8) > 0)
            {
                return;
            }

            _isNested = true;
            if (_random.Next(3) == 0)
            {
                // The same process: what it remembers changes under the request that waits, but for the same instance.
                TryAsync(() => PollAsync(current, _random.Next(2) == 0 ? "other" : "another", 3)).GetAwaiter().GetResult();
            }
            else
            {
                var others = _processes.Where(process => process.Groups != current).ToList();
                RequestAsync(others[_random.Next(2)].Groups).GetAwaiter().GetResult();
            }

            _isNested = false;
        }
    }
}
