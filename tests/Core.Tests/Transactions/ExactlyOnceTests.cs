using Serverless.Core.Groups;
using Serverless.Core.Storage;
using Serverless.Core.Tests.Groups;
using Serverless.Core.Transactions;
using Xunit;
using static Serverless.Core.Tests.Transactions.TransactionWorld;

namespace Serverless.Core.Tests.Transactions;

/// <summary>Read, process, write, over and over, by programs and processes that come and go at any moment.</summary>
public sealed class ExactlyOnceTests
{
    private const int RecordsEach = 100;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Each_record_comes_out_once_whatever_crashes_stalls_or_is_lost(int seed)
    {
        var world = new TransactionWorld(seed);
        await world.FillAsync(0, RecordsEach);
        await world.FillAsync(1, RecordsEach);
        var chance = new Random(seed);
        Program[] programs = [new(world, chance, "p0"), new(world, chance, "p1"), new(world, chance, "p2")];
        for (var round = 0; round < 4_000 && !await IsOverAsync(world, round); round++)
        {
            world.Clock.Advance(TimeSpan.FromSeconds(chance.Next(4)));
            await programs[chance.Next(programs.Length)].StepAsync();
            if (round % 20 == 0)
            {
                await SweepAsync(world.Start());
                while (await world.Start().Groups.SweepAsync(default))
                {
                }
            }
        }

        await world.RecoverAsync();
        var expected = Enumerable.Range(0, 2)
            .SelectMany(partition => Enumerable.Range(0, RecordsEach).Select(record => $"{partition}-{record}"));
        Assert.Equal(expected.Order(), (await world.ReadAsync()).Order());
        Assert.True(programs.Sum(program => program.Failures) > 5, "Nothing went wrong.");
    }

    private static async Task<bool> IsOverAsync(TransactionWorld world, int round) =>
        round % 10 == 0
        && await world.CommittedAsync(0) == RecordsEach && await world.CommittedAsync(1) == RecordsEach;

    /// <summary>A copier: a consumer with exactly once and a transactional id, each its own. It knows only what it is told.</summary>
    private sealed class Program(TransactionWorld world, Random chance, string name)
    {
        private Process _process = world.Start();
        private TransactionInstance? _instance;
        private bool _hasJoined;

        public int Failures { get; private set; }

        /// <summary>One transaction, if there is something to copy. After any failure the program starts anew.</summary>
        public async Task StepAsync()
        {
            Unreliable();
            try
            {
                await CopyAsync();
            }
            catch (Exception e) when (e is CrashException or StorageException or FailedException)
            {
                Failures++;
                _process = world.Start();
                (_instance, _hasJoined) = (null, false);
            }
        }

        private async Task CopyAsync()
        {
            if (!_hasJoined)
            {
                Check((await _process.Groups.CreateInstanceAsync(
                    Group, name, ExactlyOnce with { SessionTimeout = TimeSpan.FromSeconds(20) }, replace: true, default)).Error);
                Check((await _process.Groups.SubscribeAsync(Group, name, new(["in"], null), default)).Error);
                _hasJoined = true;
            }

            _instance ??= Checked(await _process.Transactions.InitAsync(name, TimeSpan.FromSeconds(30), default));
            var polled = await _process.Groups.PollAsync(
                Group, name,
                new() { Showable = GroupWorld.Anything, MaxRecords = chance.Next(1, 6), Wait = TimeSpan.Zero }, default);
            Check(polled.Error);
            if (polled.Slices.Count == 0)
            {
                return;
            }

            var begun = Checked(await _process.Transactions.BeginAsync(new(name, _instance.InstanceId), default));
            var step = new TransactionStep(name, _instance.InstanceId, begun.ProducerEpoch);
            (int, string)[] records =
                [.. polled.Slices.SelectMany(slice => GroupWorld.RecordsOf(slice).Select(record => (slice.At.Partition, record.Value)))];
            Check(await world.ProduceAsync(Any(), step, records));
            if (chance.Next(6) == 0)
            {
                // It thinks better of it, and reads the same again.
                Checked(await Any().Transactions.EndAsync(step, commit: false, default));
                throw new FailedException();
            }

            Checked(await Any().Transactions.AddOffsetsAsync(
                step, Group, name, [.. polled.Slices.Select(slice => new GroupOffset(slice.At, slice.ToOffset))], default));
            world.Clock.Advance(TimeSpan.FromSeconds(chance.Next(30) == 0 ? 45 : 0));
            Checked(await Any().Transactions.EndAsync(step, commit: true, default));
        }

        private Process Any() => chance.Next(3) == 0 ? world.Second : _process;

        // One of the next changes of storage goes wrong, or the process stands still for a while before one of its calls.
        private void Unreliable()
        {
            var stores = _process.Stores;
            (stores.At, stores.Failure) = chance.Next(2) == 0
                ? (stores.Changes + chance.Next(1, 14), (Failure)chance.Next(Enum.GetValues<Failure>().Length))
                : (0, default);
            var (calls, stalls) = (0, chance.Next(8) == 0 ? chance.Next(1, 20) : 0);
            stores.Before = async () =>
            {
                if (++calls == stalls)
                {
                    world.Clock.Advance(TimeSpan.FromMinutes(2));
                    await SweepAsync(world.Second);
                    await world.Second.Groups.SweepAsync(default);
                }
            };
        }

        private static T Checked<T>(TransactionAnswer<T> answer)
        {
            Check(answer.Error);
            return answer.Value!;
        }

        private static void Check(ErrorCode error)
        {
            if (error != ErrorCode.None)
            {
                throw new FailedException();
            }
        }
    }

    private sealed class FailedException : Exception;
}
