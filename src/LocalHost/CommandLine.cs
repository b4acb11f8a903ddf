using System.Globalization;

namespace Serverless.LocalHost;

/// <summary>The options of <c>./run</c>.</summary>
internal static class CommandLine
{
    public const string Usage = """
        ./run [--port N] [--host ADDRESS] [--data DIR | --storage CONNECTION] [--no-timers]

          --port N              port to listen on (7071; 0 takes a free one)
          --host ADDRESS        address to listen on (127.0.0.1)
          --data DIR            where Azurite keeps its files (.data/azurite); another folder gets its own Azurite on free
                                ports, so that two runs do not meet
          --storage CONNECTION  storage account or emulator to use as it is: several processes can share one
          --no-timers           run no timer functions
          --help                print this
        """;

    /// <summary>Reads the options; each may be given as <c>--name value</c> or <c>--name=value</c>.</summary>
    /// <exception cref="StartException">An option is unknown, lacks its value, or has a wrong one.</exception>
    public static LocalHostOptions Parse(IReadOnlyList<string> args)
    {
        var options = new LocalHostOptions();
        for (var at = 0; at < args.Count; at++)
        {
            var (name, inline) = Split(args[at]);
            string Value()
            {
                var value = inline ?? (++at < args.Count ? args[at] : null);
                return string.IsNullOrWhiteSpace(value) ? throw new StartException($"{name} needs a value.") : value;
            }

            options = name switch
            {
                "--port" => options with { Port = Port(Value()) },
                "--host" => options with { Host = Value() },
                "--data" => options with { DataDirectory = Path.GetFullPath(Value()) },
                "--storage" => options with { Storage = Value() },
                "--no-timers" when inline is null => options with { Timers = false },
                _ => throw new StartException($"Unknown option: {args[at]} (--help lists them)."),
            };
        }

        return options is { DataDirectory: not null, Storage: not null }
            ? throw new StartException("--data is for Azurite and --storage is instead of it: choose one.")
            : options;
    }

    private static int Port(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65535
            ? port
            : throw new StartException($"--port must be a number from 0 to 65535, not {text}.");

    private static (string Name, string? Inline) Split(string arg)
    {
        // A connection string has many '='; only the first one parts name and value.
        var equals = arg.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (arg, null) : (arg[..equals], arg[(equals + 1)..]);
    }
}
