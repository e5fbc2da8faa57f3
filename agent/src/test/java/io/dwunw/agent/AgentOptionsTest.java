package io.dwunw.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AgentOptionsTest {
    @Test
    void nothingSaidMeansTheDefaults() throws OptionException {
        assertThat(AgentOptions.parse(null)).isEqualTo(AgentOptions.defaults());
        assertThat(AgentOptions.parse(" ")).isEqualTo(AgentOptions.defaults());
        assertThat(AgentOptions.defaults().interval()).isEqualTo(512 * 1024);
    }

    @Test
    void everyKeyIsUnderstood() throws OptionException {
        AgentOptions options = AgentOptions.parse(
                "interval=1, engine=uprobe,stack=16k,DEPTH=64,minage=250ms,maxoverhead=0.25%,hidden=true");
        assertThat(options)
                .isEqualTo(new AgentOptions(
                        1,
                        AgentOptions.Engine.UPROBE,
                        16 << 10,
                        64,
                        Duration.ofMillis(250),
                        0.0025,
                        true,
                        AgentOptions.Request.TRACE));
        assertThat(AgentOptions.parse("help").request()).isEqualTo(AgentOptions.Request.HELP);
        assertThat(AgentOptions.parse("version").request()).isEqualTo(AgentOptions.Request.VERSION);
    }

    @ParameterizedTest
    @CsvSource({"1,1", "64,64", "512k,524288", "2M,2097152", "1g,1073741824", "64kb,65536"})
    void intervalsHaveUnits(String text, long bytes) throws OptionException {
        assertThat(AgentOptions.parse("interval=" + text).interval()).isEqualTo(bytes);
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
                "interval= | option 'interval' needs a value: a number of bytes such as 512k",
                "interval | option 'interval' needs a value",
                "stack=1m | option 'stack' cannot be '1m'; expected 4k to 64k",
                "stack=64q | option 'stack' cannot be '64q'",
                "depth=3000 | option 'depth' cannot be '3000'; expected 4 to 2048",
                "depth=99999999999999999999 | option 'depth' cannot be",
                "engine=ebpf | option 'engine' cannot be 'ebpf'; expected auto, gate, gate-bpf, gate-self or uprobe",
                "minage=5 weeks | option 'minage' cannot be '5 weeks'",
                "hidden=maybe | expected true or false",
                "help=1 | option 'help' takes no value",
                "interval=1,interval=2 | option 'interval' is given twice",
                "interval=1,,depth=5 | an option is empty",
            })
    void aBadValueSaysWhatWouldBeRight(String text, String expected) {
        assertThatThrownBy(() -> AgentOptions.parse(text))
                .isInstanceOf(OptionException.class)
                .hasMessageContaining(expected)
                .hasMessageNotContaining("\n");
    }

    @Test
    void helpNamesEveryKey() {
        for (String key :
                new String[] {"interval", "engine", "stack", "depth", "minage", "hidden", "help", "version"}) {
            assertThat(AgentOptions.HELP).contains(key);
        }
    }
}
