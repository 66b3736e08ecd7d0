using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using Microsoft.Win32.SafeHandles;

namespace DistributedBatch.Cli.Native;

/// <summary>
/// Loads the native libraries that are embedded in the published file from memory. The runtime would unpack them below <c>$HOME</c>, and a machine where that cannot be
/// written could not even print the version.
/// </summary>
internal static partial class EmbeddedLibraries
{
    private const uint CloseOnExec = 1;

    /// <summary>Answers the runtime when it finds a library nowhere else. Without embedded libraries, as in a build that is not published, nothing changes.</summary>
    public static void Install() => AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) => Load(name);

    private static nint Load(string name)
    {
        var program = Assembly.GetExecutingAssembly();
        var file = program.GetManifestResourceNames().FirstOrDefault(resource => resource == $"native/lib{name}.so" || resource == $"native/{name}.so" || resource == $"native/{name}");
        if (file is null)
            return 0;
        using var library = program.GetManifestResourceStream(file)!;
        using var memory = new SafeFileHandle(CreateMemoryFile(name, CloseOnExec), ownsHandle: true);
        if (memory.IsInvalid)
            throw new IOException($"The library {name} cannot be loaded: there is no memory for a file (error {Marshal.GetLastPInvokeError()}).");
        using (var target = new FileStream(memory, FileAccess.Write))
        {
            library.CopyTo(target);
            target.Flush();
            return NativeLibrary.Load($"/proc/self/fd/{memory.DangerousGetHandle()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint CreateMemoryFile(string name, uint flags);
}
