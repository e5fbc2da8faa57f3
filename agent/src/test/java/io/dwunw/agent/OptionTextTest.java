// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OptionTextTest {
    @Test
    void allOptionsAreSaid() {
        assertThat(OptionText.of(AgentOptions.defaults()))
                .isEqualTo(
                        "interval=auto,minage=5s,maxoverhead=1%,maxevents=200,report=60s,engine=auto,stack=96k,depth=256,"
                                + "hidden=false");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "interval=1",
                "interval=auto,maxoverhead=2%",
                "interval=1000,minage=250ms,maxoverhead=0.25%,maxevents=7,report=off,engine=hooks-self,stack=5000,depth=4,hidden=yes",
                "maxoverhead=12.345678%,minage=0,report=90s",
                "interval=1,maxoverhead=3%",
                "pair=libfoo.so:n/f,pair=libbar.so:n(2)/f(3),pair=/opt/a:b/libfoo.so.1:n(1*6)/f",
                "pair=a.so:n=4k/f,pair=a.so:n(2)->1/f,pair=a.so:n=return->2/f,pair=a.so:n=64->2/f",
            })
    void theTextMeansTheSameOptions(String argument) throws OptionException {
        AgentOptions options = AgentOptions.parse(argument);
        assertThat(AgentOptions.parse(OptionText.of(options))).isEqualTo(options);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "''                    | interval=64k      | interval=64k",
                "interval=64k          | ''                | interval=64k",
                "interval=64k,minage=1s | INTERVAL = 1m    | minage=1s,INTERVAL = 1m",
                "pair=a:b/c,pair=d:e/f | minage=1s         | pair=a:b/c,pair=d:e/f,minage=1s",
                "interval=1            | interval=64k      | interval=64k",
            })
    void whatIsNotNamedAgainStays(String earlier, String later, String expected) {
        assertThat(OptionText.merged(earlier, later)).isEqualTo(expected);
    }

    @Test
    void onlySomeOptionsCanChange() throws OptionException {
        AgentOptions first = AgentOptions.defaults();
        assertThat(OptionText.fixedDifferences(
                        first, AgentOptions.parse("interval=1k,minage=0,maxoverhead=off,maxevents=off,report=off")))
                .isEmpty();
        assertThat(OptionText.fixedDifferences(
                        first,
                        AgentOptions.parse("engine=hooks,stack=8k,depth=9,hidden=true,pair=libfoo.so:n/f,interval=1k")))
                .containsExactly("engine", "stack", "depth", "hidden", "pair");
    }
}
