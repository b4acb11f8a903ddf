using Serverless.Core.Access;

namespace Serverless.Functions.Access;

/// <summary>From what a token or the platform tells of a caller to the principal that ACLs know.</summary>
internal static class Subject
{
    // Each is looked up for every request. Entra gives an application a few.
    private const int RolesMax = 100;

    /// <summary>Null where there is no subject, or one that cannot be called so.</summary>
    public static Principal? PrincipalOf(string? subject, IEnumerable<string?> roles) =>
        subject is not null && PrincipalName.CouldBe(subject)
            ? new Principal(
                Principal.UserType + subject,
                [
                    .. roles.OfType<string>().Where(PrincipalName.CouldBe).Distinct(StringComparer.Ordinal).Take(RolesMax)
                        .Select(role => Principal.RoleType + role),
                ])
            : null;
}
