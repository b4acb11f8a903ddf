namespace Serverless.Functions.Http;

/// <summary>A value from the path, decoded: the one place where that happens.</summary>
public static class RouteValue
{
    /// <summary>The path segment as the client meant it.</summary>
    /// <remarks>
    /// Kestrel, in the local host as on Azure, decodes a path once before it routes, all but <c>%2F</c>, so that an encoded
    /// slash does not part segments. It is decoded here. From then on <c>a%2Fb</c> and <c>a%252Fb</c> are the same: by the
    /// time that a function runs, its host has made them one. Both become <c>a/b</c>, and no name may have a slash, so both
    /// are refused and neither can reach what belongs to another name. Azure's front end may decode <c>%2F</c> before
    /// Functions sees it; then the path has one segment more, and is an unknown route. Nowhere does it name something.
    /// </remarks>
    public static string Decode(string value) => value.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
}
