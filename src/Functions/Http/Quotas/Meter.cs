namespace Serverless.Functions.Http.Quotas;

/// <summary>One allowance as it is being used, by any number of requests at once.</summary>
internal sealed class Meter
{
    private readonly Allowance _allowance;
    private readonly TimeProvider _clock;
    private readonly long _began;
    private readonly Lock _lock = new();
    private TokenBucket _bucket;

    public Meter(Allowance allowance, TimeProvider clock)
    {
        (_allowance, _clock, _began) = (allowance, clock, clock.GetTimestamp());
        _bucket = new TokenBucket(allowance.SavedMax, TimeSpan.Zero);
    }

    /// <summary>All that can be saved up is there: as if nothing had ever been used.</summary>
    public bool IsFull => _allowance.IsUnlimited || Look().Tokens >= _allowance.SavedMax;

    /// <summary>How long until what was used is paid for; zero where nothing is owed.</summary>
    public TimeSpan Debt => _allowance.IsUnlimited ? TimeSpan.Zero : Look().Until(_allowance, 0);

    /// <summary>Takes one, or nothing and says how long it is until there is one.</summary>
    public TimeSpan TakeOne()
    {
        if (_allowance.IsUnlimited)
        {
            return TimeSpan.Zero;
        }

        lock (_lock)
        {
            _bucket = _bucket.Fill(_allowance, Now());
            var wait = _bucket.Until(_allowance, 1);
            if (wait == TimeSpan.Zero)
            {
                _bucket = _bucket.Spend(_allowance, 1);
            }

            return wait;
        }
    }

    /// <summary>Takes what has been used already, be it there or not.</summary>
    public void Charge(long used)
    {
        if (_allowance.IsUnlimited)
        {
            return;
        }

        lock (_lock)
        {
            _bucket = _bucket.Fill(_allowance, Now()).Spend(_allowance, used);
        }
    }

    private TokenBucket Look()
    {
        lock (_lock)
        {
            return _bucket = _bucket.Fill(_allowance, Now());
        }
    }

    private TimeSpan Now() => _clock.GetElapsedTime(_began);
}
