namespace Serverless.Functions.Http.Quotas;

/// <summary>How much of something may be used: so much in a second, and at once what has been saved up.</summary>
/// <param name="PerSecond">0: without limit.</param>
/// <param name="SavedMax">What is saved up at most.</param>
/// <param name="DebtMax">What may be owed at most: beyond that it is forgiven.</param>
internal readonly record struct Allowance(double PerSecond, double SavedMax, double DebtMax = double.MaxValue)
{
    public bool IsUnlimited => PerSecond == 0;
}

/// <summary>What is left of an allowance at one moment; less than nothing is a debt that time pays off.</summary>
/// <remarks>
/// Pure, and told the time: <c>System.Threading.RateLimiting.TokenBucketRateLimiter</c> has a clock of its own that no test can turn, and
/// knows no debt, which what is charged after the fact comes to.
/// </remarks>
internal readonly record struct TokenBucket(double Tokens, TimeSpan At)
{
    /// <summary>The same later.</summary>
    public TokenBucket Fill(Allowance allowance, TimeSpan now) => now <= At
        ? this
        : new(Math.Min(allowance.SavedMax, Tokens + (allowance.PerSecond * (now - At).TotalSeconds)), now);

    public TokenBucket Spend(Allowance allowance, double tokens) => this with { Tokens = Math.Max(-allowance.DebtMax, Tokens - tokens) };

    /// <summary>How long it takes until there are as many; zero where there are.</summary>
    public TimeSpan Until(Allowance allowance, double tokens) =>
        Tokens >= tokens ? TimeSpan.Zero : TimeSpan.FromSeconds((tokens - Tokens) / allowance.PerSecond);
}
