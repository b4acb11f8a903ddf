using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Serverless.Core.Access;

namespace Serverless.Functions.Access;

/// <summary>How callers are told apart, read from <c>Access__…</c>. What cannot work stops the start.</summary>
public sealed partial record AccessSettings
{
    private const string Section = "Access";

    private const int KeyCharsMin = 16;
    private const int KeyCharsMax = 256;

    public AccessMode Mode { get; init; } = AccessMode.Open;

    /// <summary>Who signs tokens; null where none are taken.</summary>
    public TokenIssuer? Issuer { get; init; }

    /// <summary>API keys by name, for development and for what cannot have a token.</summary>
    public IReadOnlyDictionary<string, string> Keys { get; init; } = new Dictionary<string, string>();

    /// <summary>The platform asks callers who they are, and says so in <c>X-MS-CLIENT-PRINCIPAL</c>; otherwise that header is nothing.</summary>
    public bool PlatformAuthentication { get; init; }

    /// <summary>Principals that may do everything, as Kafka's <c>super.users</c>: so the first ACL can be made.</summary>
    public IReadOnlyList<string> SuperUsers { get; init; } = [];

    /// <summary>How long ACLs are used before they are read again.</summary>
    public TimeSpan AclAgeMax { get; init; } = AclCache.AgeMax;

    public static AccessSettings Open { get; } = new();

    /// <summary>Without what is in it: a record prints all that it has, and this one has secrets.</summary>
    public override string ToString() => nameof(AccessSettings);

    /// <exception cref="SettingException">A setting cannot work, or all would be open without anybody having said so.</exception>
    public static AccessSettings From(IConfiguration configuration, StorageSettings storage)
    {
        var set = configuration.GetSection(Section);
        var settings = new AccessSettings
        {
            Issuer = TokenIssuer.From(set),
            Keys = ReadKeys(set.GetSection(nameof(Keys))),
            PlatformAuthentication = set[nameof(PlatformAuthentication)] switch
            {
                null or "" => false,
                var text when bool.TryParse(text, out var value) => value,
                _ => throw new SettingException("Access__PlatformAuthentication must be true or false."),
            },
            AclAgeMax = TimeSpan.FromMilliseconds(IntegerSetting.Read(
                configuration, Section, "CacheMs", (long)AclCache.AgeMax.TotalMilliseconds, 0, (long)AclCache.AgeMax.TotalMilliseconds)),
        };
        settings = settings with { SuperUsers = ReadSuperUsers(set[nameof(SuperUsers)], settings) };
        var isClosable = settings.Issuer is not null || settings.Keys.Count > 0 || settings.PlatformAuthentication;
        return set[nameof(Mode)]?.ToLowerInvariant() switch
        {
            null or "" when !isClosable && StorageEndpoints.IsEmulator(storage) => settings,
            "open" => settings,
            null or "" or "required" when isClosable => settings with { Mode = AccessMode.Required },
            null or "" or "required" => throw new SettingException(
                "Nobody could be let in: set Access__TenantId or Access__Authority (with Access__Audience), Access__Keys__<name>, or "
                + "Access__PlatformAuthentication; or Access__Mode=open, and everybody may do everything (docs/access-control.md)."),
            _ => throw new SettingException("Access__Mode must be open or required."),
        };
    }

    private static Dictionary<string, string> ReadKeys(IConfigurationSection set)
    {
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in set.GetChildren().Where(key => key.GetChildren().Any() || key.Value is { Length: > 0 }))
        {
            var name = $"Access__Keys__{key.Key}";
            if (!KeyName().IsMatch(key.Key) || key.GetChildren().Any())
            {
                throw new SettingException($"{name}: the name of a key has 1 to 64 characters of A-Z, a-z, 0-9, '.', '_' and '-'.");
            }

            if (key.Value is not { Length: >= KeyCharsMin and <= KeyCharsMax } secret || secret.Any(c => c is <= ' ' or > '~'))
            {
                throw new SettingException($"{name} must have {KeyCharsMin} to {KeyCharsMax} characters, printable ASCII without blanks.");
            }

            if (keys.ContainsValue(secret))
            {
                throw new SettingException($"{name} is another key's too: nobody could tell whose a request is.");
            }

            keys.Add(key.Key, secret);
        }

        return keys;
    }

    private static List<string> ReadSuperUsers(string? text, AccessSettings settings)
    {
        var names = (text ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToList();
        foreach (var name in names)
        {
            if (PrincipalName.Complaint(name) is not null || name == Principal.Everyone)
            {
                throw new SettingException(
                    $"Access__SuperUsers: '{name}' is no one's name: they are User:…, Key:… or Role:…, parted by ';'.");
            }

            if (name.StartsWith(Principal.KeyType, StringComparison.Ordinal) && !settings.Keys.ContainsKey(name[Principal.KeyType.Length..]))
            {
                throw new SettingException($"Access__SuperUsers: there is no key for '{name}' (Access__Keys__<name>).");
            }
        }

        return names;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex KeyName();
}
