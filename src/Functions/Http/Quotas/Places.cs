namespace Serverless.Functions.Http.Quotas;

/// <summary>Places of which each request under way has one. 0: any number of them.</summary>
internal sealed class Places(long most)
{
    private long _taken;

    public bool AreFree => Volatile.Read(ref _taken) == 0;

    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= most || most == 0)
        {
            return true;
        }

        Interlocked.Decrement(ref _taken);
        return false;
    }

    public void Return() => Interlocked.Decrement(ref _taken);
}
