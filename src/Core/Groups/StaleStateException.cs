namespace Serverless.Core.Groups;

/// <summary>Rows in hand contradict each other, as some are newer than others: decide again on rows read now.</summary>
internal sealed class StaleStateException : Exception;
