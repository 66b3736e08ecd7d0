namespace DistributedBatch.Messaging.Bus;

/// <summary>Why a message was refused.</summary>
public enum RefusalReason
{
    /// <summary>Its queue does not take messages of its type.</summary>
    WrongType,

    /// <summary>It does not name the broker user that sent it, as an older program does not.</summary>
    UnnamedSender,

    /// <summary>Its sender may not speak for the host in it.</summary>
    WrongSender,

    /// <summary>It says what cannot be, see <see cref="MessageCheck"/>.</summary>
    WrongContent,
}
