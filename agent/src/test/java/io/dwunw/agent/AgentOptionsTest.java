// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dwunw.agent.bpf.AllocatorPair;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AgentOptionsTest {
    @Test
    void nothingSaidMeansTheDefaults() throws OptionException {
        assertThat(AgentOptions.parse(null)).isEqualTo(AgentOptions.defaults());
        assertThat(AgentOptions.parse(" ")).isEqualTo(AgentOptions.defaults());
        assertThat(AgentOptions.defaults().interval()).isEqualTo(AgentOptions.AUTO_INTERVAL);
    }

    @Test
    void everyKeyIsUnderstood() throws OptionException {
        AgentOptions options = AgentOptions.parse(
                "interval=1, engine=uprobe,stack=16k,DEPTH=64,minage=250ms,maxoverhead=0.25%,maxevents=50,"
                        + "report=90s,hidden=true");
        assertThat(options)
                .isEqualTo(new AgentOptions(
                        1,
                        AgentOptions.Engine.UPROBE,
                        16 << 10,
                        64,
                        Duration.ofMillis(250),
                        0.0025,
                        50,
                        Duration.ofSeconds(90),
                        true,
                        List.of(),
                        AgentOptions.Request.TRACE));
        assertThat(AgentOptions.parse("help").request()).isEqualTo(AgentOptions.Request.HELP);
        assertThat(AgentOptions.parse("version").request()).isEqualTo(AgentOptions.Request.VERSION);
    }

    @ParameterizedTest
    @CsvSource({"1,1", "64,64", "512k,524288", "2M,2097152", "1g,1073741824", "64kb,65536"})
    void intervalsHaveUnits(String text, long bytes) throws OptionException {
        assertThat(AgentOptions.parse("interval=" + text).interval()).isEqualTo(bytes);
    }

    @Test
    void theIntervalIsBetweenBoundsThatANumberBringsTogether() throws OptionException {
        AgentOptions auto = AgentOptions.parse("interval=Auto");
        assertThat(auto).isEqualTo(AgentOptions.defaults());
        assertThat(auto.narrowestInterval()).isEqualTo(16 << 10);
        assertThat(auto.firstInterval()).isEqualTo(512 << 10);

        AgentOptions number = AgentOptions.parse("interval=64k");
        assertThat(number.narrowestInterval()).isEqualTo(64 << 10);
        assertThat(number.firstInterval()).isEqualTo(64 << 10);
    }

    @Test
    void aBadIntervalIsToldThatAutoWouldDo() {
        assertThatThrownBy(() -> AgentOptions.parse("interval=automatic"))
                .isInstanceOf(OptionException.class)
                .hasMessage("option 'interval' cannot be 'automatic'; expected 1 to 4g, such as 512k, or auto");
        assertThatThrownBy(() -> AgentOptions.parse("stack=auto")).hasMessageNotContaining("or auto");
    }

    @ParameterizedTest
    @CsvSource({"1,1", "200,200", "1000000,1000000", "off,0", "Off,0", "0,0"})
    void eventsAreLimited(String text, int limit) throws OptionException {
        assertThat(AgentOptions.parse("maxevents=" + text).maxEvents()).isEqualTo(limit);
    }

    @ParameterizedTest
    @CsvSource({"60s,60000", "250ms,250", "off,0", "OFF,0", "0,0", "1h,3600000"})
    void reportsHaveAPeriod(String text, long millis) throws OptionException {
        assertThat(AgentOptions.parse("report=" + text).report()).isEqualTo(Duration.ofMillis(millis));
        assertThat(AgentOptions.defaults().report()).isEqualTo(Duration.ofSeconds(60));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "1000001", "1.5", "many", "99999999999999999999"})
    void badLimitsOfEventsAreExplained(String text) {
        assertThatThrownBy(() -> AgentOptions.parse("maxevents=" + text))
                .isInstanceOf(OptionException.class)
                .hasMessageContainingAll("'maxevents'", "'" + text + "'", "1000000", "off")
                .message()
                .doesNotContain("\n");
    }

    @Test
    void everyAllocationHasAnEventOfItsOwnUnlessTheUserSaysOtherwise() throws OptionException {
        assertThat(AgentOptions.parse("interval=2").maxEvents()).isEqualTo(200);
        assertThat(AgentOptions.parse("interval=1").maxEvents()).isZero();
        assertThat(AgentOptions.parse("maxevents=10,interval=1").maxEvents()).isEqualTo(10);
    }

    @ParameterizedTest
    @CsvSource({"1%,0.01", "0.5%,0.005", "2,0.02", "100%,1", "12.75 %,0.1275", "off,0", "OFF,0", "0,0", "0%,0"})
    void overheadsArePercentages(String text, double part) throws OptionException {
        assertThat(AgentOptions.parse("maxoverhead=" + text).maxOverhead()).isEqualTo(part);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1%", "101%", "100.5%", "1%%", "much", ".5", "1.", "1e-2", "0.12345678", "%"})
    void anOverheadThatIsNoneIsOneLine(String text) {
        assertThatThrownBy(() -> AgentOptions.parse("maxoverhead=" + text))
                .isInstanceOf(OptionException.class)
                .hasMessageContainingAll("'maxoverhead'", "'" + text + "'", "1%", "off")
                .hasMessageNotContaining("\n");
    }

    @Test
    void everyAllocationMeansEveryAllocation() throws OptionException {
        assertThat(AgentOptions.defaults().maxOverhead()).isEqualTo(0.01);
        assertThat(AgentOptions.parse("interval=64k").maxOverhead()).isEqualTo(0.01);
        assertThat(AgentOptions.parse("interval=1").maxOverhead()).isZero();
        assertThat(AgentOptions.parse("interval=1,maxoverhead=3%").maxOverhead())
                .isEqualTo(0.03);
        assertThat(AgentOptions.parse("maxoverhead=3%,interval=1").maxOverhead())
                .isEqualTo(0.03);
    }

    @ParameterizedTest
    @CsvSource({"0,0", "7,7000", "5s,5000", "2m,120000", "1h,3600000", "250ms,250"})
    void agesHaveUnits(String text, long millis) throws OptionException {
        assertThat(AgentOptions.parse("minage=" + text).minAge()).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @CsvSource({
        "intervall=1, did you mean 'interval'",
        "min-age=5s, did you mean 'minage'",
        "egnine=uprobe, did you mean 'engine'",
        "stak=4k, did you mean 'stack'",
        "dpeth=4, did you mean 'depth'",
        "versoin, did you mean 'version'",
    })
    void anUnknownKeyNamesTheNearest(String text, String expected) {
        assertThatThrownBy(() -> AgentOptions.parse(text))
                .isInstanceOf(OptionException.class)
                .hasMessageContaining(expected)
                .hasMessageContaining("unknown option '" + text.split("=", -1)[0]);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "interval=0 | option 'interval' cannot be '0'; expected 1 to 4g",
                "interval=9999999999999g | expected 1 to 4g",
                "interval=-5 | option 'interval' cannot be '-5'",
                "interval= | option 'interval' needs a value: a number of bytes such as 512k, or auto",
                "interval | option 'interval' needs a value",
                "stack=1m | option 'stack' cannot be '1m'; expected 4k to 128k",
                "stack=64q | option 'stack' cannot be '64q'",
                "depth=3000 | option 'depth' cannot be '3000'; expected 4 to 2048",
                "depth=99999999999999999999 | option 'depth' cannot be",
                "engine=ebpf | option 'engine' cannot be 'ebpf'; expected auto, hooks, hooks-bpf, hooks-self or uprobe",
                "minage=5 weeks | option 'minage' cannot be '5 weeks'",
                "report=often | option 'report' cannot be 'often'; expected a time up to 30 days such as 500ms, 5s or 2m, or off",
                "report=2000h | option 'report' cannot be '2000h'",
                "report= | option 'report' needs a value: a time such as 5s",
                "hidden=maybe | expected true or false",
                "help=1 | option 'help' takes no value",
                "interval=1,interval=2 | option 'interval' is given twice",
                "interval=1,,depth=5 | an option is empty",
                "pair | option 'pair' cannot be ''; expected LIBRARY:ALLOCATE/FREE",
                "pair=ctx_new/ctx_free | expected LIBRARY:ALLOCATE/FREE",
                "pair=a.so:b | expected LIBRARY:ALLOCATE/FREE",
                "pair=a.so:b(7)/c | '7' is no argument's number, which are 1 to 6",
                "pair=a.so:b(1*)/c | '' is no argument's number",
                "pair=a.so:b(1/c | a ( needs its )",
                "pair=a.so:/c | '' is no function's name",
                "pair=a.so:b=0/c | option 'pair' cannot be '0'",
                "pair=a.so:b=return/c | what is returned cannot be both size and address",
                "pair=a.so:b/c=return->1 | what follows the /",
                "pair=a.so:b/c=5 | what follows the /",
            })
    void aBadValueSaysWhatWouldBeRight(String text, String expected) {
        assertThatThrownBy(() -> AgentOptions.parse(text))
                .isInstanceOf(OptionException.class)
                .hasMessageContaining(expected)
                .hasMessageNotContaining("\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "libfoo.so:ctx_new/ctx_free | libfoo.so ctx_new 1 0 0 0 ctx_free 1",
                "libfoo.so:ctx_new(2)/ctx_free(3) | libfoo.so ctx_new 2 0 0 0 ctx_free 3",
                "/opt/a:b/libfoo.so.1:n(1*6)/f | /opt/a:b/libfoo.so.1 n 1 6 0 0 f 1",
                "libfoo.so:n=4k/f | libfoo.so n 0 0 4096 0 f 1",
                "libfoo.so:n(2)->1/f | libfoo.so n 2 0 0 1 f 1",
                "libfoo.so:n=return->2/f | libfoo.so n 7 0 0 2 f 1",
                "libfoo.so:n=64->2/f | libfoo.so n 0 0 64 2 f 1",
            })
    void aPairSaysWhereTheSizeIs(String text, String expected) throws OptionException {
        AllocatorPair pair =
                AgentOptions.parse("interval=1,pair=" + text).pairs().get(0);
        assertThat(String.join(
                        " ",
                        pair.library(),
                        pair.allocate(),
                        "" + pair.sizeArgument(),
                        "" + pair.factorArgument(),
                        "" + pair.constantSize(),
                        "" + pair.outArgument(),
                        pair.free(),
                        "" + pair.freeArgument()))
                .isEqualTo(expected);
    }

    @Test
    void pairsMayBeMany() throws OptionException {
        assertThat(AgentOptions.parse("pair=a.so:b/c,pair=d.so:e/f").pairs()).hasSize(2);
        String many = "pair=a.so:b/c,".repeat(16) + "pair=a.so:b/c";
        assertThatThrownBy(() -> AgentOptions.parse(many)).hasMessageContaining("more than 16 times");
    }

    @Test
    void helpNamesEveryKey() {
        for (String key :
                new String[] {"interval", "engine", "stack", "depth", "minage", "hidden", "pair", "help", "version"}) {
            assertThat(AgentOptions.HELP).contains(key);
        }
    }
}
