namespace DistributedBatch.Messaging.Chunks.Rabbit;

/// <summary>What a lane has and may have, or several lanes together.</summary>
/// <param name="Depth">Chunks that it may hold unsettled.</param>
/// <param name="Room">Chunks that it may get on top of those it holds. Where there is room, nothing waits in the queue.</param>
/// <param name="Ready">Chunks that wait for a slot.</param>
internal readonly record struct LaneStock(int Depth, int Room, int Ready)
{
    /// <summary>Whether nothing is ready, or little while only settling can bring more.</summary>
    public bool RunsLow => Ready == 0 || (Room <= 0 && Ready * 4 < Depth);

    public static LaneStock operator +(LaneStock one, LaneStock other) => new(one.Depth + other.Depth, one.Room + other.Room, one.Ready + other.Ready);
}
