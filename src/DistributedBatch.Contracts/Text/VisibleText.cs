using System.Globalization;

namespace DistributedBatch.Contracts.Text;

/// <summary>Whether people see a name as it is.</summary>
internal static class VisibleText
{
    /// <summary>False for control characters, and for marks that are invisible or change the direction of text: they would let a name look like another one.</summary>
    public static bool Is(string name) => !name.Any(letter => char.IsControl(letter) || char.GetUnicodeCategory(letter) == UnicodeCategory.Format);
}
