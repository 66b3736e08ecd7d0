namespace DistributedBatch.Messaging.Bus;

/// <summary>A message says what cannot be. It goes to the error queue of its endpoint with the reason, and no handler gets it.</summary>
internal sealed class InvalidMessageException(string type, string mistake) : Exception($"A {type} was refused: {mistake}.");
