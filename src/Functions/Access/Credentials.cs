using System.Text;
using Microsoft.AspNetCore.Http;

namespace Serverless.Functions.Access;

/// <summary>What a request brings to prove who it is from.</summary>
internal abstract record Credentials
{
    public const string KeyHeader = "x-functions-key";

    /// <summary>Longer ones are not looked at: a token of Entra has some 2 KB, and with many roles a few more.</summary>
    public const int CharsMax = 16 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Nothing at all.</summary>
    public sealed record None : Credentials;

    /// <summary>Something that cannot be read, or more than one thing: then nobody could tell which one counts.</summary>
    public sealed record Unreadable : Credentials;

    public sealed record Token(string Text) : Credentials
    {
        public override string ToString() => nameof(Token);
    }

    /// <param name="Name">As the client says; null where it shows the key alone.</param>
    public sealed record Key(string? Name, string Secret) : Credentials
    {
        public override string ToString() => nameof(Key);
    }

    public static Credentials Of(HttpRequest request)
    {
        var (authorization, key) = (request.Headers.Authorization, request.Headers[KeyHeader]);
        return (authorization.Count, key.Count) switch
        {
            (0, 0) => new None(),
            (0, 1) => key[0] is { Length: > 0 and <= CharsMax } secret ? new Key(null, secret) : new Unreadable(),
            (1, 0) when authorization[0] is { Length: <= CharsMax } text => Read(text),
            _ => new Unreadable(),
        };
    }

    private static Credentials Read(string text)
    {
        var blank = text.IndexOf(' ', StringComparison.Ordinal);
        if (blank < 0)
        {
            return new Unreadable();
        }

        var value = text[blank..].Trim(' ');
        return value.Length == 0 ? new Unreadable() : text[..blank].ToUpperInvariant() switch
        {
            "BEARER" => new Token(value),
            "BASIC" => Basic(value),
            _ => new Unreadable(),
        };
    }

    private static Credentials Basic(string value)
    {
        try
        {
            var text = StrictUtf8.GetString(Convert.FromBase64String(value));
            return text.Split(':', 2) is [{ Length: > 0 } name, { Length: > 0 } secret] ? new Key(name, secret) : new Unreadable();
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return new Unreadable();
        }
    }
}
