namespace Serverless.Infra.Bicep;

/// <summary>An expression of a template, such as <c>[concat(parameters('a'), 'b')]</c>, as far as its calls and literals go.</summary>
internal sealed class ArmExpression
{
    private readonly List<ArmExpression> _arguments = [];

    /// <summary>A string's content; else the source.</summary>
    public string Text { get; private set; } = "";

    /// <summary>The function that is called; empty where none is.</summary>
    public string Function { get; private set; } = "";

    public bool IsLiteral { get; private set; }

    public IReadOnlyList<ArmExpression> Arguments => _arguments;

    public static ArmExpression Parse(string source)
    {
        Assert.True(source.StartsWith('[') && source.EndsWith(']'), $"No expression: {source}");
        var at = 1;
        var parsed = Read(source, ref at);
        Assert.Equal(source.Length - 1, at);
        return parsed;
    }

    /// <summary>Every call of a function, also those in arguments.</summary>
    public IEnumerable<ArmExpression> All(string function) =>
        (Function == function ? [this] : Enumerable.Empty<ArmExpression>()).Concat(_arguments.SelectMany(each => each.All(function)));

    private static ArmExpression Read(string source, ref int at)
    {
        Skip(source, ref at);
        if (source[at] == '\'')
        {
            return ReadString(source, ref at);
        }

        var start = at;
        while (char.IsLetterOrDigit(source[at]) || source[at] is '-' or '_')
        {
            at++;
        }

        var expression = new ArmExpression();
        if (source[at] == '(')
        {
            expression.Function = source[start..at];
            at++;
            ReadArguments(source, ref at, expression._arguments);
        }

        // What is asked of a result: .name, [index].
        while (source[at] == '.' || (source[at] == '[' && at > start))
        {
            at = source[at] == '.' ? EndOfName(source, at + 1) : source.IndexOf(']', at) + 1;
        }

        Assert.True(at > start, $"Cannot read at {at}: {source}");
        expression.Text = source[start..at];
        return expression;
    }

    private static void ReadArguments(string source, ref int at, List<ArmExpression> into)
    {
        Skip(source, ref at);
        while (source[at] != ')')
        {
            into.Add(Read(source, ref at));
            Skip(source, ref at);
        }

        at++;
    }

    private static ArmExpression ReadString(string source, ref int at)
    {
        var start = ++at;
        while (source[at] != '\'' || source[at + 1] == '\'')
        {
            at += source[at] == '\'' ? 2 : 1;
        }

        at++;
        return new ArmExpression { IsLiteral = true, Text = source[start..(at - 1)].Replace("''", "'", StringComparison.Ordinal) };
    }

    private static int EndOfName(string source, int at)
    {
        while (char.IsLetterOrDigit(source[at]) || source[at] == '_')
        {
            at++;
        }

        return at;
    }

    private static void Skip(string source, ref int at)
    {
        while (source[at] is ' ' or ',')
        {
            at++;
        }
    }
}
