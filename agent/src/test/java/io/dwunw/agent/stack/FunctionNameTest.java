// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FunctionNameTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "malloc | malloc",
                "os::malloc(unsigned long, MEMFLAGS) | os::malloc",
                "void std::sort<int*>(int*, int*) | std::sort<int*>",
                "std::vector<int, std::allocator<int> >::push_back(int const&) | std::vector<int, std::allocator<int> >::push_back",
                "Foo::bar() const | Foo::bar",
                "Foo::bar() const & | Foo::bar",
                "(anonymous namespace)::work(char*) | (anonymous namespace)::work",
                "jni_invoke_static(JNIEnv_*, _jmethodID*) [clone .constprop.1] | jni_invoke_static",
                "inflate [clone .cold] | inflate",
                "operator new(unsigned long) | operator new",
                "Foo::operator()(int) const | Foo::operator()",
                "Foo::operator()() | Foo::operator()",
                "Foo::operator bool() const | Foo::operator bool",
                "main::{lambda(int)#1}::operator()(int) const | main::{lambda(int)#1}::operator()",
                "f(void (*)(int)) | f",
                "std::function<void (int)>::operator()(int) const | std::function<void (int)>::operator()",
                "core::ptr::drop_in_place<alloc::vec::Vec<u8>> | core::ptr::drop_in_place<alloc::vec::Vec<u8>>",
                ") | )",
                "( | (",
            })
    void onlyWhatIdentifiesTheFunctionIsLeft(String demangled, String plain) {
        assertThat(FunctionName.plain(demangled)).isEqualTo(plain);
    }
}
