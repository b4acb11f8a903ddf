using System.Globalization;
using System.Text.Json;

namespace Serverless.Functions.Http;

/// <summary>Reads a request body field by field: nothing is bound by name, nothing goes through a double.</summary>
/// <remarks>
/// A wrong JSON type stops at once (400). A broken rule on the content is kept, and thrown by <see cref="End"/> (422), so that a
/// body with both is told of the first kind, as the order of checks wants. Duplicate fields are 400 and unknown ones are content:
/// both would otherwise be decided by chance.
/// </remarks>
internal ref struct StrictJson
{
    private static readonly FieldNames NoFields = new();

    private readonly ReadOnlySpan<byte> _body;
    private Utf8JsonReader _reader;

    private StrictJson(ReadOnlySpan<byte> body, Func<string, Problem> content, bool severalValues)
    {
        _body = body;
        _reader = new Utf8JsonReader(body, JsonSyntax.Options(severalValues));
        ContentProblem = content;
    }

    /// <summary>What a broken rule on the content is: 422/422 unless a request has a code of its own.</summary>
    private Func<string, Problem> ContentProblem { get; }

    /// <summary>The first broken rule on the content.</summary>
    public Problem? Refusal { get; private set; }

    public readonly bool IsNull => _reader.TokenType == JsonTokenType.Null;

    public readonly JsonTokenType Token => _reader.TokenType;

    /// <summary>Checks the whole body's syntax and stands on its first token.</summary>
    public static StrictJson Open(
        ReadOnlySpan<byte> body, Func<string, Problem>? content = null, bool severalValues = false)
    {
        if (JsonSyntax.Complaint(body, severalValues) is { } complaint)
        {
            throw new RequestException(Problem.Malformed(complaint));
        }

        var json = new StrictJson(body, content ?? Problem.Content, severalValues);
        json._reader.Read();
        return json;
    }

    /// <summary>Throws unless the body says nothing: none at all, or an object without fields.</summary>
    public static void ExpectNothing(RequestBody body)
    {
        if (body.IsEmpty)
        {
            return;
        }

        var json = Open(body.Bytes.Span);
        json.BeginObject("The body");
        uint seen = 0;
        json.NextField(NoFields, ref seen, out _);
        json.End();
    }

    /// <summary>Notes a broken rule; the first one wins.</summary>
    public void Refuse(string message) => Refusal ??= ContentProblem(message);

    /// <summary>Notes a broken rule that has a status of its own.</summary>
    public void Refuse(Problem problem) => Refusal ??= problem;

    /// <summary>Throws the broken rule, if there is one.</summary>
    public readonly void End()
    {
        if (Refusal is not null)
        {
            throw new RequestException(Refusal);
        }
    }

    /// <summary>On to the next of several values that follow each other; false at the end.</summary>
    public bool NextValue() => _reader.Read();

    public readonly void BeginObject(string what) => Expect(JsonTokenType.StartObject, what, "an object");

    public readonly void BeginArray(string what) => Expect(JsonTokenType.StartArray, what, "an array");

    /// <summary>Stands on the value of the next known field; false at the object's end.</summary>
    /// <param name="seen">A bit for each field met in this object; 0 at first.</param>
    public bool NextField(FieldNames fields, ref uint seen, out int field)
    {
        while (true)
        {
            _reader.Read();
            if (_reader.TokenType == JsonTokenType.EndObject)
            {
                field = -1;
                return false;
            }

            field = fields.Find(ref _reader);
            if (field < 0)
            {
                Refuse($"Unrecognized field: {Shown(_reader.GetString()!)}");
                _reader.Read();
                _reader.Skip();
                continue;
            }

            if ((seen & (1u << field)) != 0)
            {
                throw new RequestException(Problem.Malformed($"Duplicate field: {fields[field]}"));
            }

            seen |= 1u << field;
            _reader.Read();
            return true;
        }
    }

    /// <summary>Stands on the value of the next field of an object that may have any; false at its end.</summary>
    public bool NextName(out string name)
    {
        _reader.Read();
        if (_reader.TokenType == JsonTokenType.EndObject)
        {
            name = "";
            return false;
        }

        name = _reader.GetString()!;
        _reader.Read();
        return true;
    }

    /// <summary>Stands on the array's next element; false at its end.</summary>
    public bool NextElement()
    {
        _reader.Read();
        return _reader.TokenType != JsonTokenType.EndArray;
    }

    /// <summary>Passes over the value that it stands on and tells where in the body it was.</summary>
    public Range Raw()
    {
        var start = (int)_reader.TokenStartIndex;
        _reader.Skip();
        return start..(int)_reader.BytesConsumed;
    }

    public void Skip() => _reader.Skip();

    public readonly string String(string what)
    {
        Expect(JsonTokenType.String, what, "a string");
        return _reader.GetString()!;
    }

    public readonly bool Bool(string what) => _reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw Wrong(what, "true or false"),
    };

    public readonly bool TryInt64(out long value) => Integers.TryParse(_reader.ValueSpan, out value);

    /// <summary>An exact 64-bit integer: no fraction, no exponent, whatever its value.</summary>
    public readonly long Int64(string what)
    {
        Expect(JsonTokenType.Number, what, "an integer");
        return TryInt64(out var value) ? value : throw Wrong(what, "a 64-bit integer");
    }

    public readonly int Int32(string what) =>
        Int64(what) is var value and >= int.MinValue and <= int.MaxValue ? (int)value : throw Wrong(what, "a 32-bit integer");

    /// <summary>Text of the value that it stands on, for a message.</summary>
    public readonly string ShownValue() => _reader.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => Shown(_reader.GetString()!),
        _ => Shown(System.Text.Encoding.UTF8.GetString(_body[(int)_reader.TokenStartIndex..(int)_reader.BytesConsumed])),
    };

    public static RequestException Wrong(string what, string kind) =>
        new(Problem.Malformed(string.Create(CultureInfo.InvariantCulture, $"{what} must be {kind}.")));

    /// <summary>A client's text, cut to what a message bears.</summary>
    public static string Shown(string text) => text.Length <= 64 ? text : string.Concat(text.AsSpan(0, 64), "…");

    private readonly void Expect(JsonTokenType type, string what, string kind)
    {
        if (_reader.TokenType != type)
        {
            throw Wrong(what, kind);
        }
    }
}

/// <summary>The fields that an object may have, at most 32; found without making a string of a name.</summary>
internal sealed class FieldNames
{
    private readonly string[] _names;
    private readonly byte[][] _utf8;

    public FieldNames(params string[] names)
    {
        Core.Invariant.Holds(names.Length <= 32);
        _names = names;
        _utf8 = [.. names.Select(System.Text.Encoding.UTF8.GetBytes)];
    }

    public string this[int field] => _names[field];

    public int Find(ref Utf8JsonReader reader)
    {
        for (var i = 0; i < _utf8.Length; i++)
        {
            if (reader.ValueTextEquals(_utf8[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
