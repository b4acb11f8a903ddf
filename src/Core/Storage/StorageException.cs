namespace Serverless.Core.Storage;

/// <summary>Storage failed. <see cref="Retriable"/> says whether the same request may succeed later.</summary>
public sealed class StorageException(string message, bool retriable, Exception? inner = null) : Exception(message, inner)
{
    public bool Retriable { get; } = retriable;
}
