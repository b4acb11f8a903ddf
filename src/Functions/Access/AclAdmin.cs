using Serverless.Core.Access;
using Serverless.Functions.Http;

namespace Serverless.Functions.Access;

/// <summary>Changes ACLs for a request: this instance goes by the change at once, and the others within <c>Access__CacheMs</c>.</summary>
public sealed class AclAdmin(Acls acls, AclCache cache)
{
    /// <exception cref="RequestException">They would be too many.</exception>
    internal async ValueTask AddAsync(Call call, IReadOnlyList<AclBinding> added)
    {
        try
        {
            if (!await acls.AddAsync(added, call.CancellationToken))
            {
                throw new RequestException(Problem.BadAdmin($"There can be at most {Acls.BindingsMax} ACLs."));
            }
        }
        finally
        {
            // Also where it failed: some may have been added.
            cache.Drop();
        }

        foreach (var acl in added)
        {
            call.Audit.AclCreated(acl);
        }
    }

    internal async ValueTask<IReadOnlyList<AclBinding>> RemoveAsync(Call call, AclFilter filter)
    {
        IReadOnlyList<AclBinding> removed;
        try
        {
            removed = await acls.RemoveAsync(filter, call.CancellationToken);
        }
        finally
        {
            cache.Drop();
        }

        foreach (var acl in removed)
        {
            call.Audit.AclDeleted(acl);
        }

        return removed;
    }
}
