namespace Serverless.LocalHost;

/// <summary>The local host cannot start, for a reason that its user can mend; the message says which, in one line.</summary>
public sealed class StartException(string message, Exception? cause = null) : Exception(message, cause);
