namespace Serverless.Core.Transactions;

/// <summary>One transaction: producer ids are given out once, and each transaction of one has an epoch of its own.</summary>
public sealed record TransactionKey(string TransactionalId, long ProducerId, short ProducerEpoch);
