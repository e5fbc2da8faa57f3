package io.dwunw.example;

import io.dwunw.Dwunw;
import io.dwunw.Frame;
import io.dwunw.RegisterSet;
import io.dwunw.UnwindRequest;
import io.dwunw.arch.X86_64;
import io.dwunw.memory.ProcessMemory;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleMap;
import io.dwunw.module.ProcessImages;
import io.dwunw.symbol.Symbol;
import io.dwunw.symbol.Symboliser;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Example, as the README shows it: prints the stack of a process whose main thread waits in a system call. */
final class BlockedStack {
    private BlockedStack() {}

    static void print(long pid, PrintStream out) throws IOException {
        String[] call =
                Files.readString(Path.of("/proc/" + pid + "/syscall")).trim().split(" ", -1);
        long sp = Long.decode(call[call.length - 2]);
        long pc = Long.decode(call[call.length - 1]);
        try (ProcessMemory memory = ProcessMemory.of(pid);
                Dwunw dwunw = Dwunw.open();
                Symboliser symboliser = new Symboliser()) {
            ModuleMap modules = new ModuleMap(ProcessImages.of(pid, memory));
            modules.update(Files.readString(Path.of("/proc/" + pid + "/maps")));
            RegisterSet registers = RegisterSet.ofSample(X86_64.ARCHITECTURE, pc, sp);
            UnwindRequest request = UnwindRequest.of(registers, modules).withMemory(memory);
            for (Frame frame : dwunw.capture(request).frames()) {
                LoadedModule module = frame.module();
                Symbol symbol = module == null ? null : symboliser.symbolise(module, module.svma(frame.lookupAvma()));
                out.println(symbol == null || !symbol.isKnown() ? Long.toHexString(frame.pc()) : symbol.name());
            }
        }
    }
}
