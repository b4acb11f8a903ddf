using Serverless.Core.Storage;
using Serverless.Core.Storage.Memory;
using Serverless.Simulation.Audit;
using Serverless.Simulation.Bugs;
using Serverless.Simulation.Engine;
using Serverless.Simulation.Storage;

namespace Serverless.Simulation.World;

/// <summary>The instances of one seed over one storage account. Those that die are replaced by fresh ones.</summary>
internal sealed class Cluster
{
    private readonly Instance?[] _slots;
    private readonly SeedShape _shape;
    private readonly Chance _chance;
    private readonly PlantedBug _bug;
    private int _born;
    private long _producers = 1_000;

    public Cluster(EventLoop loop, SeedShape shape, Chance chance, IFaultPlan faults, PlantedBug bug)
    {
        (Loop, _shape, _chance, Plan, _bug) = (loop, shape, chance, faults, bug);
        Service = new TrueClock(loop);
        Blobs = new MemoryBlobStore(Service);
        Rows = new MemoryRowStore(Service);
        History = new History(loop);
        Audit = new StorageAudit(loop, what => History.Add("  =>", what));
        _slots = new Instance?[shape.Instances];
        for (var slot = 0; slot < _slots.Length; slot++)
        {
            _slots[slot] = Born(slot);
        }
    }

    public EventLoop Loop { get; }

    public TimeProvider Service { get; }

    public MemoryBlobStore Blobs { get; }

    public MemoryRowStore Rows { get; }

    public StorageAudit Audit { get; }

    public History History { get; }

    public FaultTable Table { get; } = new();

    /// <summary>What clients asked of instances.</summary>
    public long Operations { get; set; }

    public IFaultPlan Plan { get; }

    /// <summary>An id that no producer had.</summary>
    public long NewProducerId() => ++_producers;

    public IReadOnlyList<Instance?> Slots => _slots;

    public Latency Latency => _shape.Latency;

    public long NowMs => Service.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>An instance outside of the slots, which nothing befalls but what its calls meet.</summary>
    public Instance Born(int slot)
    {
        var ordinal = ++_born;
        var random = _chance.Instance(ordinal);
        var context = new InstanceContext(Loop);
        var skew = random.Between(-_shape.SkewMax, _shape.SkewMax);
        var clock = new InstanceClock(context, skew);
        var name = $"i{ordinal}";
        Instance? self = null;
        var channel = new StorageChannel(
            Loop, context, Plan, Table, _chance.Scheduler, _chance.Faults, _shape.Latency,
            (what, fault) => History.Add(name, what, fault), () => Crash(self!, slot));
        IBlobStore blobs = new FaultyBlobs(Blobs, channel, Audit);
        IRowStore rows = new FaultyRows(Rows, channel, Audit, Service);
        self = Planted.Instance(_bug, name, context, clock, random, _shape, blobs, rows);
        return self;
    }

    /// <summary>Kills an instance; a fresh one takes its slot after a while.</summary>
    public void Crash(Instance instance, int slot)
    {
        if (instance.Context.IsDead)
        {
            return;
        }

        History.Add(instance.Name, "CRASH");
        instance.Crash();
        if (slot >= 0 && _slots[slot] == instance)
        {
            _slots[slot] = null;
            Loop.At(_chance.Scheduler.Between(TimeSpan.Zero, TimeSpan.FromSeconds(10)), () =>
            {
                _slots[slot] = Born(slot);
                History.Add(_slots[slot]!.Name, "START");
            });
        }
    }
}
