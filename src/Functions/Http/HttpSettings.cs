using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Serverless.Functions.Http;

/// <summary>Reads <see cref="HttpLimits"/> from the application's settings: <c>Http__RequestBytesMax</c>, and so on.</summary>
/// <remarks>Durations are in milliseconds, and say so in their names: <c>Http__WaitMaxMs</c>. What is not set keeps its default.</remarks>
public static class HttpSettings
{
    private const string Section = "Http";

    /// <exception cref="SettingException">A value is no integer, or cannot work.</exception>
    public static HttpLimits From(IConfiguration configuration)
    {
        var set = configuration.GetSection(Section);
        var given = new HttpLimits();
        var limits = new HttpLimits
        {
            ClusterId = set[nameof(HttpLimits.ClusterId)] ?? given.ClusterId,
            RequestBytesMax = Int(set, nameof(HttpLimits.RequestBytesMax), given.RequestBytesMax),
            DecompressedBytesMax = Int(set, nameof(HttpLimits.DecompressedBytesMax), given.DecompressedBytesMax),
            RequestRecordsMax = Int(set, nameof(HttpLimits.RequestRecordsMax), given.RequestRecordsMax),
            RecordHeadersMax = Int(set, nameof(HttpLimits.RecordHeadersMax), given.RecordHeadersMax),
            ResponseBytesMax = Int(set, nameof(HttpLimits.ResponseBytesMax), (int)given.ResponseBytesMax),
            ResponseRecordsMax = Int(set, nameof(HttpLimits.ResponseRecordsMax), given.ResponseRecordsMax),
            ListEntriesMax = Int(set, nameof(HttpLimits.ListEntriesMax), given.ListEntriesMax),
            WaitMax = Duration(set, nameof(HttpLimits.WaitMax), given.WaitMax),
            RequestTimeout = Duration(set, nameof(HttpLimits.RequestTimeout), given.RequestTimeout),
            BodyTimeout = Duration(set, nameof(HttpLimits.BodyTimeout), given.BodyTimeout),
            OperationTimeout = Duration(set, nameof(HttpLimits.OperationTimeout), given.OperationTimeout),
            InstanceTimeout = Duration(set, nameof(HttpLimits.InstanceTimeout), given.InstanceTimeout),
            SessionTimeoutMin = Duration(set, nameof(HttpLimits.SessionTimeoutMin), given.SessionTimeoutMin),
        };
        return limits.Complaint() is var (name, range)
            ? throw new SettingException($"{NameOf(name)} must be: {range}.")
            : limits;
    }

    private static string NameOf(string limit) =>
        typeof(HttpLimits).GetProperty(limit)!.PropertyType == typeof(TimeSpan) ? $"{Section}__{limit}Ms" : $"{Section}__{limit}";

    private static TimeSpan Duration(IConfigurationSection set, string name, TimeSpan given) =>
        TimeSpan.FromMilliseconds(Int(set, $"{name}Ms", (int)given.TotalMilliseconds));

    private static int Int(IConfigurationSection set, string name, int given) => set[name] switch
    {
        null or "" => given,
        var text when int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) => value,
        _ => throw new SettingException($"{Section}__{name} must be an integer."),
    };
}
