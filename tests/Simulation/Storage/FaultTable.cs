using System.Globalization;
using System.Text;

namespace Serverless.Simulation.Storage;

/// <summary>How often each call met each fault. Cells are what a run has really gone through.</summary>
internal sealed class FaultTable
{
    private readonly long[,] _hits = new long[Faults.Calls.Count, Enum.GetValues<Fault>().Length];

    public long Calls { get; private set; }

    /// <summary>Calls that met a fault.</summary>
    public long Hits => Calls - Faults.Calls.Sum(call => _hits[(int)call, (int)Fault.None]);

    public void Count(StorageCall call, Fault fault)
    {
        Calls++;
        _hits[(int)call, (int)fault]++;
    }

    /// <summary>Calls of one kind, whatever became of them.</summary>
    public long CallsOf(StorageCall call) => Enum.GetValues<Fault>().Sum(fault => _hits[(int)call, (int)fault]);

    public void Add(FaultTable other)
    {
        Calls += other.Calls;
        foreach (var call in Faults.Calls)
        {
            for (var fault = Fault.None; fault <= Fault.Throttled; fault++)
            {
                _hits[(int)call, (int)fault] += other._hits[(int)call, (int)fault];
            }
        }
    }

    /// <summary>Cells that can be hit and were hit fewer than <paramref name="least"/> times.</summary>
    public IEnumerable<string> Below(long least) =>
        from call in Faults.Calls
        from fault in Enum.GetValues<Fault>()
        where Faults.Applies(fault, call) && _hits[(int)call, (int)fault] < least
        select $"{call} × {fault}: {_hits[(int)call, (int)fault]}";

    public override string ToString()
    {
        var text = new StringBuilder("| fault |");
        foreach (var call in Faults.Calls)
        {
            text.Append(CultureInfo.InvariantCulture, $" {call} |");
        }

        text.AppendLine().Append("| --- |").Insert(text.Length, " ---: |", Faults.Calls.Count).AppendLine();
        foreach (var fault in Enum.GetValues<Fault>())
        {
            text.Append(CultureInfo.InvariantCulture, $"| {fault} |");
            foreach (var call in Faults.Calls)
            {
                var cell = fault == Fault.None || Faults.Applies(fault, call)
                    ? _hits[(int)call, (int)fault].ToString("N0", CultureInfo.InvariantCulture)
                    : "–";
                text.Append(CultureInfo.InvariantCulture, $" {cell} |");
            }

            text.AppendLine();
        }

        return text.ToString();
    }
}
