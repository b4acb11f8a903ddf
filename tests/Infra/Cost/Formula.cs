using System.Globalization;

namespace Serverless.Infra.Cost;

/// <summary>Arithmetic as a page writes it: <c>max(0, runs − 100000) × gb-second</c>. Names have hyphens, so a minus has blanks.</summary>
internal sealed class Formula
{
    private readonly string[] _tokens;

    private readonly Func<string, decimal> _named;

    private int _at;

    private Formula(string text, Func<string, decimal> named)
    {
        foreach (var sign in new[] { "(", ")", ", ", "×", "/" })
        {
            text = text.Replace(sign, $" {sign.Trim()} ", StringComparison.Ordinal);
        }

        _tokens = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        _named = named;
    }

    /// <param name="text">What to work out.</param>
    /// <param name="named">What a name stands for.</param>
    public static decimal Evaluate(string text, Func<string, decimal> named)
    {
        var formula = new Formula(text, named);
        var value = formula.Sum();
        Assert.True(formula._at == formula._tokens.Length, $"Cannot read «{formula.Peek}» in: {text}");
        return value;
    }

    private string Peek => _at < _tokens.Length ? _tokens[_at] : "";

    private decimal Sum()
    {
        var value = Product();
        while (Peek is "+" or "−")
        {
            value = _tokens[_at++] == "+" ? value + Product() : value - Product();
        }

        return value;
    }

    private decimal Product()
    {
        var value = Factor();
        while (Peek is "×" or "/")
        {
            value = _tokens[_at++] == "×" ? value * Factor() : value / Factor();
        }

        return value;
    }

    private decimal Factor()
    {
        var token = Peek;
        _at++;
        if (token is "max" or "min")
        {
            Take("(");
            var first = Sum();
            Take(",");
            var second = Sum();
            Take(")");
            return token == "max" ? Math.Max(first, second) : Math.Min(first, second);
        }

        if (token == "(")
        {
            var value = Sum();
            Take(")");
            return value;
        }

        return decimal.TryParse(token, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : _named(token);
    }

    private void Take(string token)
    {
        Assert.Equal(token, Peek);
        _at++;
    }
}
