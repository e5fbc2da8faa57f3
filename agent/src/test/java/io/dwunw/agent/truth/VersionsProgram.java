// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import io.dwunw.agent.hotspot.MethodVersions;
import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.linux.NativeLibrary;
import io.dwunw.agent.linux.SelfMemory;
import java.lang.reflect.Method;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/** Replaces classes, and asks before and after which the JVM describes as replaced; prints one line an answer. */
final class VersionsProgram {
    private VersionsProgram() {}

    public static void main(String[] arguments) throws Exception {
        NativeLibrary.load();
        MethodVersions versions = new MethodVersions(Walked.libjvm(), new SelfMemory());
        for (int turn = 0; turn < 3; turn++) {
            print(versions, Calls.class.getDeclaredMethod("plain", Descent.class, int.class));
            print(versions, TreeMap.class.getDeclaredMethod("clear"));
            print(versions, LockSupport.class.getDeclaredMethod("parkNanos", long.class));
            Retransformer.retransform(Calls.class, TreeMap.class);
        }
    }

    private static void print(MethodVersions versions, Method method) {
        boolean original = versions.isOriginal(Linux.methodId(method), method.getName());
        System.out.println(method.getName() + (original ? " original" : " replaced"));
    }
}
