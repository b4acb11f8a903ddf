namespace Serverless.Functions.Access;

/// <summary>Whether callers are asked who they are (<c>Access__Mode</c>).</summary>
public enum AccessMode
{
    /// <summary>Nobody is asked, and everybody may do everything: development.</summary>
    Open,

    /// <summary>Everybody is asked, and may do what ACLs allow.</summary>
    Required,
}
