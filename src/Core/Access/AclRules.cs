using System.Collections.Frozen;

namespace Serverless.Core.Access;

/// <summary>All ACLs at one time, and what they come to.</summary>
/// <remarks>Upholds <b>denied unless allowed</b>: what no ACL allows is denied, and so is what any ACL forbids, whatever others allow.</remarks>
public sealed class AclRules
{
    private readonly FrozenDictionary<string, AclBinding[]> _byPrincipal;

    public AclRules(IEnumerable<AclBinding> bindings) => _byPrincipal = bindings
        .GroupBy(binding => binding.Principal, StringComparer.Ordinal)
        .ToFrozenDictionary(some => some.Key, some => some.ToArray(), StringComparer.Ordinal);

    /// <summary>Whether the principal may do this with what has this name.</summary>
    public bool Allow(Principal principal, AclResourceType type, string name, AclOperation operation)
    {
        var isAllowed = false;
        foreach (var binding in Of(principal, type))
        {
            if (binding.Covers(name))
            {
                if (binding.Forbids(operation))
                {
                    return false;
                }

                isAllowed |= binding.Grants(operation);
            }
        }

        return isAllowed;
    }

    /// <summary>Whether the principal may do this with all that has a name that begins so, known or not.</summary>
    public bool AllowAll(Principal principal, AclResourceType type, string prefix, AclOperation operation)
    {
        var isAllowed = false;
        foreach (var binding in Of(principal, type))
        {
            if (binding.Forbids(operation) && binding.MeetsSomeWith(prefix))
            {
                return false;
            }

            isAllowed |= binding.CoversAllWith(prefix) && binding.Grants(operation);
        }

        return isAllowed;
    }

    /// <summary>Whether some ACL denies the principal this, which nothing else may allow then.</summary>
    public bool Forbid(Principal principal, AclResourceType type, string name, AclOperation operation) =>
        Of(principal, type).Any(binding => binding.Covers(name) && binding.Forbids(operation));

    private IEnumerable<AclBinding> Of(Principal principal, AclResourceType type)
    {
        foreach (var name in principal.Names)
        {
            foreach (var binding in _byPrincipal.GetValueOrDefault(name, []))
            {
                if (binding.ResourceType == type)
                {
                    yield return binding;
                }
            }
        }
    }
}
